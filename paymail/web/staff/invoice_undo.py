"""How the act before, which the page of an invoice has just told of, is taken back."""

from datetime import datetime, timedelta

from fastapi import Request
from sqlalchemy import select
from sqlalchemy.orm import Session

from paymail.models import Invoice, Message, MessageKind, MessageState, ReminderHold
from paymail.web.staff.flash import Undo, did
from paymail.web.staff.local_time import clock_of


def undo_of(session: Session, request: Request, invoice: Invoice, now: datetime) -> Undo | None:
    """Return how to take back a hold, its release or a scheduled email; None where that is not safe any more.

    One statement, only after such an act.
    """
    here = f"/staff/invoices/{invoice.invoice_id}"
    if did(request, "send") is not None:
        return _not_sent(session, invoice, now)
    if (of := did(request, "hold", "release")) is None:
        return None
    hold = session.scalar(
        select(ReminderHold).where(ReminderHold.hold_id == of, ReminderHold.invoice_id == invoice.invoice_id)
    )
    if hold is None:
        return None
    if hold.lifted_at is None:
        return Undo(f"{here}/release", {"reason": hold.reason})
    if hold.until is not None and hold.until <= now:
        return None
    until = (
        (hold.until - timedelta(seconds=1)).astimezone(clock_of(invoice.issuer.timezone))
        if hold.until
        else None
    )
    fields = {"reason": str(hold.reason), "until": str(until.date()) if until else "", "note": hold.detail}
    return Undo(f"{here}/hold", fields)


def _not_sent(session: Session, invoice: Invoice, now: datetime) -> Undo | None:
    """Cancel the email that was just scheduled; one that goes out at once is not offered: it may be gone."""
    newest = session.scalar(
        select(Message)
        .where(Message.invoice_id == invoice.invoice_id, Message.kind == MessageKind.INVOICE)
        .order_by(Message.message_id.desc())
        .limit(1)
    )
    if newest is None or newest.state is not MessageState.SCHEDULED or newest.next_at <= now:
        return None
    return Undo(f"/staff/messages/{newest.message_id}/cancel", {})
