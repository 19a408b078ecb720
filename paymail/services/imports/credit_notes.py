"""A host's credit notes: they stay out, with what to do instead."""

from paymail.services.imports import fields
from paymail.services.imports.faults import BadValue, Fault, shown
from paymail.services.imports.fields import Format, Row

ADVICE = (
    "credit notes are not imported. If the invoice has been paid, refund the amount (paymail"
    " payments refund), and paymail issues the credit note. If not, credit what is too much (paymail"
    " invoices credit), void it (paymail invoices void) and import a corrected one, or write the amount off"
    " (paymail invoices write-off)"
)
"""What to do instead."""


def credit_note_fault(line: int, row: Row, form: Format) -> Fault | None:
    """Return why an invoice that begins with this row stays out, if its total is below zero."""
    try:
        below = fields.decimal(row, "total", form) < 0
    except BadValue:
        return None  # which the invoice's own check says
    reason = f"{shown(row['total'].strip())} is below zero: {ADVICE}"
    return Fault(line, "total", reason) if below else None
