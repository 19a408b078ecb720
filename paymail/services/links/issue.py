"""Issuing a draft: from then on it is owed, and its sums stay as they are."""

from datetime import datetime

from sqlalchemy.orm import Session

from paymail.models import STATUS_MOVES, InvoiceStatus, check_move
from paymail.services.core import history
from paymail.services.core.invoices import load_invoice
from paymail.services.links import pay_links


def issue(session: Session, *, invoice_id: int, actor: str, now: datetime) -> bool:
    """Issue a draft; False for an invoice that is issued already. Sends no email.

    Its link lives as long as if it were given out now. Raises NoSuchInvoice; IllegalMove for a void one.
    """
    invoice = load_invoice(session, invoice_id=invoice_id, lock=True)
    if invoice.status is InvoiceStatus.SENT:
        return False
    check_move(STATUS_MOVES, invoice.status, InvoiceStatus.SENT)
    invoice.status, invoice.updated_at = InvoiceStatus.SENT, now
    invoice.reminders_from = invoice.next_reminder_at = now
    history.record(session, invoice_id=invoice_id, kind="issued", actor=actor, now=now)
    pay_links.keep_alive(session, invoice=invoice, now=now)
    return True
