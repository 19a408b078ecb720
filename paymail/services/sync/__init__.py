"""Sync with a host's own database: its invoices in, where their money stands back."""

from paymail.services.sync.outcome import Outcome, RefusedInvoice
from paymail.services.sync.runs import accept, preview, run
from paymail.services.sync.syncs import NotAccepted, SyncContext

__all__ = [
    "NotAccepted",
    "Outcome",
    "RefusedInvoice",
    "SyncContext",
    "accept",
    "preview",
    "run",
]
