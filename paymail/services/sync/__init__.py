"""Sync with a host's own database: its invoices in, where their money stands back."""

from paymail.services.sync.outcome import Outcome, RefusedInvoice
from paymail.services.sync.runs import accept, preview, run, tell_again
from paymail.services.sync.syncs import NotAccepted, SyncContext
from paymail.services.sync.targets import TargetTaken

__all__ = [
    "NotAccepted",
    "Outcome",
    "RefusedInvoice",
    "SyncContext",
    "TargetTaken",
    "accept",
    "preview",
    "run",
    "tell_again",
]
