"""What staff do with invoice emails: queue one, queue many, cancel."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from paymail.errors import Conflict, NotFound
from paymail.models import (
    STATUS_MOVES,
    Invoice,
    InvoiceStatus,
    Message,
    MessageState,
    PaymentStatus,
    check_move,
)
from paymail.services import dedupe, outbox, timeline
from paymail.services.composing import load_invoice

_CAME_TO_NOTHING = (
    MessageState.CANCELLED,
    MessageState.FAILED,
    MessageState.SUPPRESSED,
    MessageState.BOUNCED,
)
"""Ends after which a plain "send" means a new email; after the others it would be a duplicate."""


class NotSendable(Conflict):
    """The invoice's state does not allow an invoice email."""

    code = "not_sendable"


class NoSuchMessage(NotFound):
    """No message has this id."""

    code = "no_such_message"


class TooLate(Conflict):
    """The message is being handed over, or is finished."""

    code = "too_late"


@dataclass(frozen=True, slots=True)
class Selection:
    """A filter over invoices; empty fields do not filter. `numbers` are invoice ids."""

    ids: Sequence[int] = ()
    payment_status: PaymentStatus | None = None
    currency: str = ""
    customer: str = ""
    due_before: datetime | None = None


def send_invoice(
    session: Session,
    *,
    invoice_id: int,
    actor: str,
    now: datetime,
    at: datetime | None = None,
    again: bool = False,
    sequence: int | None = None,
) -> outbox.Queued:
    """Queue the invoice email, due at `at` (UTC) or now; a draft is issued by it.

    Asking twice gives the same message, unless `again` asks for a further copy. A page passes the
    `sequence` it showed, so that a double click on "send again" is one copy.
    Raises NoSuchInvoice, NotSendable (void, or already paid).
    """
    invoice = load_invoice(session, invoice_id=invoice_id, lock=True)
    _check_sendable(invoice)
    if invoice.status is InvoiceStatus.DRAFT:
        check_move(STATUS_MOVES, invoice.status, InvoiceStatus.SENT)
        invoice.status, invoice.updated_at = InvoiceStatus.SENT, now
        invoice.reminders_from = invoice.next_reminder_at = now
        timeline.record(session, invoice_id=invoice_id, kind="issued", actor=actor, now=now)
    latest = _latest_invoice_email(session, invoice_id=invoice_id)
    key = _sending_key(invoice_id, latest, next_sequence(session, invoice_id=invoice_id), again, sequence)
    queued = outbox.add(session, dedupe_key=key, kind="invoice", invoice=invoice, actor=actor, now=now, at=at)
    if queued.created:
        timeline.record(
            session,
            invoice_id=invoice_id,
            kind="email_queued",
            actor=actor,
            now=now,
            detail=f"invoice email, due {(at or now).isoformat(timespec='minutes')}",
            message_id=queued.message_id,
        )
    return queued


def _sending_key(
    invoice_id: int, latest: Message | None, following: int, again: bool, sequence: int | None
) -> str:
    came_to_nothing = latest is not None and latest.state in _CAME_TO_NOTHING
    fresh = again or latest is None or came_to_nothing
    wanted = sequence or (following if fresh else following - 1)
    return dedupe.invoice_email(invoice_id=invoice_id, sequence=min(wanted, following))


def _latest_invoice_email(session: Session, *, invoice_id: int) -> Message | None:
    statement = select(Message).where(Message.invoice_id == invoice_id, Message.kind == "invoice")
    return session.scalars(statement.order_by(Message.message_id.desc()).limit(1)).first()


def _check_sendable(invoice: Invoice) -> None:
    if invoice.status is InvoiceStatus.VOID:
        raise NotSendable(f"invoice {invoice.number} is void")
    if invoice.balance == 0:
        raise NotSendable(f"invoice {invoice.number} has nothing left to pay")


def next_sequence(session: Session, *, invoice_id: int) -> int:
    """Return the sequence that one further invoice email would have."""
    count = select(func.count()).where(Message.invoice_id == invoice_id, Message.kind == "invoice")
    return (session.scalar(count) or 0) + 1


def select_sendable(session: Session, *, selection: Selection) -> list[int]:
    """Return ids of issued, owed invoices that match; drafts are only sent when named one by one."""
    statement = select(Invoice.invoice_id).where(
        Invoice.status == InvoiceStatus.SENT, Invoice.amount_paid < Invoice.total
    )
    if selection.ids:
        statement = statement.where(Invoice.invoice_id.in_(selection.ids))
    if selection.payment_status is not None:
        statement = statement.where(Invoice.payment_status == selection.payment_status)
    if selection.currency:
        statement = statement.where(Invoice.currency == selection.currency)
    if selection.customer:
        statement = statement.where(Invoice.customer.has(name=selection.customer))
    if selection.due_before is not None:
        statement = statement.where(Invoice.due_date < selection.due_before.date())
    return list(session.scalars(statement.order_by(Invoice.invoice_id)))


def cancel_message(session: Session, *, message_id: int, actor: str, now: datetime) -> None:
    """Withdraw a message before its handover. Raises NoSuchMessage, TooLate."""
    message = session.get(Message, message_id)
    if message is None:
        raise NoSuchMessage(f"there is no message {message_id}")
    withdrawn = outbox.move(
        session,
        message_id=message_id,
        under=message.fence,
        sources=(MessageState.SCHEDULED, MessageState.SENDING),
        target=MessageState.CANCELLED,
        fence=message.fence + 1,
        reason=f"cancelled by {actor}",
        settled_at=now,
    )
    if not withdrawn:
        raise TooLate(f"message {message_id} is {message.state} and cannot be cancelled any more")
    timeline.record(
        session,
        invoice_id=message.invoice_id,
        kind="email_cancelled",
        actor=actor,
        now=now,
        message_id=message_id,
    )
