"""What a host's record says of the end of an invoice, though the rest of it may be wrong."""

from dataclasses import dataclass

from paymail.models import InvoiceStatus, PaymentStatus
from paymail.services.imports.faults import BadValue
from paymail.services.imports.fields import Row
from paymail.services.imports.optional_fields import invoice_number


@dataclass(frozen=True, slots=True)
class ClosedAtHost:
    """Which invoice the host means, and what it calls it: `paid` or `void`. `at` is its first line."""

    at: int
    number: str
    external_ref: str
    what: str


def closed_at_host(at: int, row: Row) -> ClosedAtHost | None:
    """Return what the first row of an invoice says of its end, however wrong the rest is; None: nothing."""
    what = what_is_said(*(row.get(column, "").strip().lower() for column in ("status", "payment_status")))
    try:
        number = invoice_number(row, "invoice_id")
    except BadValue:
        number = ""
    ref = row.get("external_ref", "").strip()
    return ClosedAtHost(at, number, ref, what) if what and (number or ref) else None


def what_is_said(status: str, payment_status: str) -> str:
    """Return what two statuses say of an invoice's end: `void`, `paid`, or nothing."""
    if status == InvoiceStatus.VOID:
        return "void"
    return "paid" if payment_status == PaymentStatus.PAID else ""
