"""Queued emails with an invoice whose issuer has no valid ABN (any more): they wait, and staff are told."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from paymail.models import Invoice, Message, MessageKind
from paymail.services.core.tax_invoices import mend, missing_abn
from paymail.services.outbox import notices
from paymail.services.reminders.permission import Answer, Permission

RECHECK = timedelta(hours=1)


def carries_invoice(message: Message) -> bool:
    """Whether the invoice itself goes out with a message."""
    if message.kind is MessageKind.COPY:
        return message.payment_id is None  # of a receipt otherwise
    return message.kind in (MessageKind.INVOICE, MessageKind.REMINDER, MessageKind.PLAN)


def permission(invoice: Invoice, now: datetime) -> Permission | None:
    """Return that the email waits, or None where nothing is missing."""
    reason = missing_abn(invoice)
    return Permission(Answer.WAIT, reason, ask_at=now + RECHECK) if reason else None


def tell_staff(session: Session, invoice: Invoice, now: datetime) -> None:
    """Tell the issuer's staff, once a day whatever waits, if that is why."""
    if not missing_abn(invoice):
        return
    notices.tell_staff(
        session,
        invoice_id=invoice.invoice_id,
        about="no abn",
        key=f"{invoice.issuer_id}:{now:%Y-%m-%d}",
        headline="Invoices with GST are not sent: there is no valid ABN",
        detail=f"{mend(invoice.issuer)}. What is queued goes out within an hour after that.",
        now=now,
    )
