"""What became of the invoice emails of one invoice: when each step was reached, and what came back."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from paymail.models import (
    Bounce,
    BulkSend,
    BulkState,
    HoldOrigin,
    Invoice,
    Message,
    MessageKind,
    MessageState,
    PaymentAttempt,
    ReminderHold,
)
from paymail.services.lists.delivery_state import RECEIPT, Delivery, InvoiceEmail, emails_of, handed_over

_TAKEN = (MessageState.SENT, MessageState.BOUNCED)
"""A mail server accepted it; what came back later is another matter."""
_MOST_EMAILS = 50


@dataclass(frozen=True, slots=True)
class DeliveryRecord:
    """The steps of an invoice's email. Instants are UTC; None: not reached."""

    delivery: Delivery = Delivery.NOT_EMAILED
    newest: Message | None = None
    """The newest invoice email, which `delivery` is about."""
    taken: Message | None = None
    """The newest that a mail server accepted."""
    arrived_at: datetime | None = None
    """When a report came that the accepted one arrived."""
    returned: Bounce | None = None
    """The newest report that one of them came back."""
    viewed_at: datetime | None = None
    """When somebody first pressed a button of the pay page, since the newest email was handed over."""
    paused: bool = False
    """The newest waits for its batch, which somebody paused: it has no time."""


def record_of(session: Session, *, invoice_id: int) -> DeliveryRecord:
    """Return the record of an invoice, in six statements at most, and one of an email that a batch has yet to
    send."""
    email = emails_of(session, invoice_ids=(invoice_id,)).get(invoice_id)
    viewed = viewed_at(session, invoice_id=invoice_id)
    if email is None:
        return DeliveryRecord(viewed_at=viewed)
    statement = select(Message).where(Message.invoice_id == invoice_id, Message.kind == MessageKind.INVOICE)
    emails = session.scalars(statement.order_by(Message.message_id.desc()).limit(_MOST_EMAILS)).all()
    reports = reports_on(session, message_ids=[one.message_id for one in emails])
    return replace(_record(email, emails, reports, viewed), paused=_paused(session, emails[0]))


def _paused(session: Session, message: Message) -> bool:
    if message.bulk_id is None or message.state is not MessageState.SCHEDULED:
        return False
    state = select(BulkSend.state).where(BulkSend.bulk_id == message.bulk_id)
    return session.scalar(state) is BulkState.PAUSED


def reports_on(session: Session, *, message_ids: Iterable[int]) -> list[Bounce]:
    """Return what came back about some messages, oldest first. One statement."""
    statement = select(Bounce).where(Bounce.message_id.in_(list(message_ids)))
    return list(session.scalars(statement.order_by(Bounce.bounce_id)))


def _record(
    email: InvoiceEmail, emails: Iterable[Message], reports: Iterable[Bounce], viewed: datetime | None
) -> DeliveryRecord:
    found = list(emails)
    taken = next((one for one in found if one.state in _TAKEN), None)
    arrived = [one.received_at for one in reports if taken and _is(one, taken) and one.kind == RECEIPT]
    returned = [one for one in reports if one.kind in ("hard", "soft")]
    return DeliveryRecord(
        delivery=email.delivery,
        newest=found[0],
        taken=taken,
        arrived_at=min(arrived, default=None),
        returned=returned[-1] if returned else None,
        viewed_at=viewed,
    )


def _is(report: Bounce, message: Message) -> bool:
    return report.message_id == message.message_id


def viewed_at(session: Session, *, invoice_id: int) -> datetime | None:
    """Return when a person first used the pay page since the newest invoice email was handed over.

    Three statements at most. None: nobody has.
    """
    mine = select(Invoice.viewed_at, handed_over()).where(Invoice.invoice_id == invoice_id)
    noted, since = session.execute(mine).one()
    if noted is not None and (since is None or noted >= since):
        return noted
    # Code of before noted no time, but left these.
    paid = select(func.min(PaymentAttempt.created_at)).where(PaymentAttempt.invoice_id == invoice_id)
    said = select(func.min(ReminderHold.placed_at)).where(
        ReminderHold.invoice_id == invoice_id, ReminderHold.origin == HoldOrigin.CUSTOMER
    )
    if since is not None:
        paid, said = (
            paid.where(PaymentAttempt.created_at >= since),
            said.where(ReminderHold.placed_at >= since),
        )
    found = (session.scalar(paid), session.scalar(said))
    return min((one for one in found if one), default=None)
