"""Bulk sends: invoice emails for a filter, at a rate, with pause, resume, cancel and "only the failed"."""

from paymail.services.bulk.foresight import Foresight, foresee
from paymail.services.bulk.progress import Progress, listed, progress
from paymail.services.bulk.repeating import start_requested
from paymail.services.bulk.running import (
    EmptySelection,
    NoSuchBulk,
    cancel,
    expand,
    expand_all,
    pause,
    resume,
    start,
)
from paymail.services.bulk.selection import Selection, matching

__all__ = [
    "EmptySelection",
    "Foresight",
    "NoSuchBulk",
    "Progress",
    "Selection",
    "cancel",
    "expand",
    "expand_all",
    "foresee",
    "listed",
    "matching",
    "pause",
    "progress",
    "resume",
    "start",
    "start_requested",
]
