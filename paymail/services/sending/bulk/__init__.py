"""Bulk sends: invoice emails for a filter, at a rate, with pause, resume, cancel and "only the failed"."""

from paymail.services.sending.bulk.bulk_sends import (
    EmptySelection,
    NoSuchBulk,
    cancel,
    expand,
    expand_all,
    pause,
    resume,
    start,
)
from paymail.services.sending.bulk.estimate import IssuerShare, first_of, shares
from paymail.services.sending.bulk.progress import Progress, listed, progress
from paymail.services.sending.bulk.requests import start_requested
from paymail.services.sending.bulk.selection import Selection, fixed, matching

__all__ = [
    "EmptySelection",
    "IssuerShare",
    "NoSuchBulk",
    "Progress",
    "Selection",
    "cancel",
    "expand",
    "expand_all",
    "first_of",
    "fixed",
    "listed",
    "matching",
    "pause",
    "progress",
    "resume",
    "shares",
    "start",
    "start_requested",
]
