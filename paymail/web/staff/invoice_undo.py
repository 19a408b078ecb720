"""How the act before, which the page of an invoice has just told of, is taken back."""

from datetime import datetime, timedelta

from fastapi import Request
from sqlalchemy import Select, select
from sqlalchemy.orm import Session, aliased

from paymail.models import HoldOrigin, Invoice, Message, MessageKind, MessageState, ReminderHold
from paymail.web.staff.flash import Undo, did
from paymail.web.staff.local_time import clock_of


def undo_of(session: Session, request: Request, invoice: Invoice, now: datetime) -> Undo | None:
    """Return how to take back a hold, its release or a scheduled email; None where that is not safe any more.

    One statement, only after such an act.
    """
    if (of := did(request, "send")) is not None:
        return _not_sent(session, invoice, of, now)
    if (of := did(request, "hold")) is not None:
        return _released(session, invoice, of)
    if (of := did(request, "release")) is not None:
        return _placed_again(session, invoice, of, now)
    return None


def _released(session: Session, invoice: Invoice, of: int) -> Undo | None:
    hold = session.scalar(_hold(invoice, of).where(ReminderHold.lifted_at.is_(None)))
    if hold is None:
        return None
    return Undo(f"/staff/invoices/{invoice.invoice_id}/release", {"reason": hold.reason})


def _placed_again(session: Session, invoice: Invoice, of: int, now: datetime) -> Undo | None:
    """Place a hold again that staff had placed, unless another of its reason came since: it would end that.

    One that rests on another's word would come back as ours, with what a customer wrote in our name.
    """
    later = aliased(ReminderHold)
    since = select(later.hold_id).where(
        later.invoice_id == invoice.invoice_id,
        later.reason == ReminderHold.reason,
        later.hold_id > ReminderHold.hold_id,
    )
    hold = session.scalar(
        _hold(invoice, of).where(
            ReminderHold.lifted_at.is_not(None), ReminderHold.origin == HoldOrigin.STAFF, ~since.exists()
        )
    )
    if hold is None or (hold.until is not None and hold.until <= now):
        return None
    until = (
        (hold.until - timedelta(seconds=1)).astimezone(clock_of(invoice.issuer.timezone))
        if hold.until
        else None
    )
    fields = {"reason": str(hold.reason), "until": str(until.date()) if until else "", "note": hold.detail}
    return Undo(f"/staff/invoices/{invoice.invoice_id}/hold", fields)


def _hold(invoice: Invoice, of: int) -> Select[ReminderHold]:
    return select(ReminderHold).where(
        ReminderHold.hold_id == of, ReminderHold.invoice_id == invoice.invoice_id
    )


def _not_sent(session: Session, invoice: Invoice, of: int, now: datetime) -> Undo | None:
    """Cancel the email that was just scheduled; one that goes out at once is not offered: it may be gone."""
    email = session.scalar(
        select(Message).where(
            Message.message_id == of,
            Message.invoice_id == invoice.invoice_id,
            Message.kind == MessageKind.INVOICE,
        )
    )
    if email is None or email.state is not MessageState.SCHEDULED or email.next_at <= now:
        return None
    return Undo(f"/staff/messages/{email.message_id}/cancel", {})
