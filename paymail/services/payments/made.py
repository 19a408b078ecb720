"""The newest payment of an invoice, as the page shows it that thanks for it."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from paymail.models import Channel, Invoice, Message, MessageKind, MessageState, Payment
from paymail.money import Money
from paymail.services.core.calendar import zone_of
from paymail.services.core.documents import method_of, payment_day, receipt_number
from paymail.services.core.invoices import local_date
from paymail.services.plans.coverage import PartView, PlanView, plan_of

_ON_ITS_WAY = (MessageState.SCHEDULED, MessageState.SENDING, MessageState.HANDOVER)


@dataclass(frozen=True, slots=True)
class MadePayment:
    """A payment that arrived, and what follows it."""

    payment_id: int
    number: int
    receipt: str
    amount: Money
    method: str
    day: date
    at: datetime | None
    """When it arrived; empty where staff wrote down a day."""
    zone: str
    """The issuer's, in which the time is written."""
    instalment: PartView | None
    """The last one of a plan that is covered."""
    following: PartView | None
    """The next one, if there is one left."""
    late: bool
    """Whether its day is over."""
    receipt_to: str
    """Where its receipt goes, with most of it left out; empty: to nobody."""
    receipt_sent: bool


def newest(
    session: Session, *, invoice: Invoice, now: datetime, since: datetime | None = None
) -> MadePayment | None:
    """Return the newest payment that paymail receipts, if it arrived after `since`; else None.

    Raises BadCalendar.
    """
    mine = select(Payment).where(Payment.invoice_id == invoice.invoice_id, Payment.channel != Channel.HOST)
    if since is not None:
        mine = mine.where(Payment.received_at >= since)
    payment = session.scalars(mine.order_by(Payment.payment_id.desc()).limit(1)).first()
    if payment is None:
        return None
    plan = plan_of(invoice)
    following = plan.following if plan else None
    message = _receipt(session, payment)
    return MadePayment(
        payment_id=payment.payment_id,
        number=payment.receipt_number,
        receipt=receipt_number(payment),
        amount=Money(payment.amount, payment.currency),
        method=method_of(payment),
        day=payment_day(invoice.issuer, payment),
        at=None if payment.paid_on else payment.received_at,
        zone=zone_of(invoice.issuer.timezone).key,
        instalment=_covered(plan),
        following=following,
        late=following is not None and following.due < local_date(invoice.issuer, now),
        receipt_to=masked(message.recipient.split("\n")[0]) if message else "",
        receipt_sent=message is not None and message.state is MessageState.SENT,
    )


def masked(address: str) -> str:
    """Return `ac…@vacuum-shop.example`: enough for who knows the address, too little for who does not."""
    local, _, domain = address.rpartition("@")
    return f"{local[: 2 if len(local) > 3 else 1]}…@{domain}"


def _covered(plan: PlanView | None) -> PartView | None:
    covered = [part for part in plan.parts if part.covered] if plan else []
    return covered[-1] if covered else None


def _receipt(session: Session, payment: Payment) -> Message | None:
    """Return the payment's newest receipt that reached somebody, or is about to."""
    receipts = select(Message).where(
        Message.payment_id == payment.payment_id,
        Message.kind == MessageKind.RECEIPT,
        Message.state.in_((*_ON_ITS_WAY, MessageState.SENT)),
    )
    return session.scalars(receipts.order_by(Message.message_id.desc()).limit(1)).first()
