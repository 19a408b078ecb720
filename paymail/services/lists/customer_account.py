"""What a customer's page shows of its invoices: open ones, money, emails, words, and what happened."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import and_, case, func, or_, select
from sqlalchemy.orm import Session, joinedload

from paymail.emails import TO_STAFF
from paymail.models import (
    Channel,
    HoldReason,
    Invoice,
    Issuer,
    Message,
    Objection,
    Payment,
    ReminderHold,
    TimelineEvent,
)
from paymail.money import Money
from paymail.services.core.invoices import local_date
from paymail.services.lists.payment_state import OWED

_ELSEWHERE = ("imported", "email_sent")
"""Kinds of events that say no more than the lists of invoices and emails do."""
_SAID = (HoldReason.PROMISED, HoldReason.CLAIMED)


@dataclass(frozen=True, slots=True)
class Paid:
    """What a customer paid in one currency since some day, before refunds.

    `last` is the day on which the last of it came, on the company's calendar; None: only the host knows.
    """

    count: int
    amount: Money
    last: date | None


@dataclass(frozen=True, slots=True)
class Said:
    """A promise, or word that an invoice is paid."""

    hold: ReminderHold
    number: str
    owed: bool


def open_invoices(session: Session, *, customer_id: int, limit: int) -> Sequence[Invoice]:
    """Return a customer's owed invoices with issuer and customer, oldest due date first."""
    statement = (
        select(Invoice)
        .where(Invoice.customer_id == customer_id, OWED)
        .options(joinedload(Invoice.issuer), joinedload(Invoice.customer))
        .order_by(Invoice.due_date, Invoice.invoice_id)
        .limit(limit)
    )
    return session.scalars(statement).all()


def paid_since(session: Session, *, customer_id: int, issuer: Issuer, since: datetime) -> list[Paid]:
    """Return what arrived from a customer since an instant (UTC), by currency.

    What the host had received before an invoice came in has no day of its own: it counts if the invoice was
    issued since.
    """
    dated = or_(Payment.channel != Channel.HOST, Payment.received_at > Invoice.created_at)
    came = func.max(case((and_(dated, Payment.paid_on.is_(None)), Payment.received_at)))
    written = func.max(Payment.paid_on)
    statement = (
        select(Payment.currency, func.count(), func.sum(Payment.amount), came, written)
        .join(Invoice, Invoice.invoice_id == Payment.invoice_id)
        .where(
            Invoice.customer_id == customer_id,
            Payment.received_at >= since,
            or_(dated, Invoice.issued_date >= since.date()),
        )
        .group_by(Payment.currency)
        .order_by(Payment.currency)
    )
    rows = session.execute(statement).all()
    return [
        Paid(
            count,
            Money(int(amount), code),
            max(filter(None, (day, at and local_date(issuer, at))), default=None),
        )
        for code, count, amount, at, day in rows
    ]


def emails_to(session: Session, *, customer_id: int, limit: int) -> list[tuple[Message, str]]:
    """Return the last emails about a customer's invoices, but for those to staff, each with its number."""
    statement = (
        select(Message, Invoice.number)
        .join(Invoice, Invoice.invoice_id == Message.invoice_id)
        .where(Invoice.customer_id == customer_id, Message.kind.not_in(TO_STAFF))
        .order_by(Message.message_id.desc())
        .limit(limit)
    )
    return [(message, number) for message, number in session.execute(statement)]


def said_by(session: Session, *, customer_id: int, limit: int) -> list[Said]:
    """Return what a customer promised and reported as paid, or staff noted for them, newest first."""
    statement = (
        select(ReminderHold, Invoice.number, OWED)
        .join(Invoice, Invoice.invoice_id == ReminderHold.invoice_id)
        .where(Invoice.customer_id == customer_id, ReminderHold.reason.in_(_SAID))
        .order_by(ReminderHold.hold_id.desc())
        .limit(limit)
    )
    return [Said(hold, number, bool(owed)) for hold, number, owed in session.execute(statement)]


def held_by(
    session: Session, *, customer_id: int, now: datetime, limit: int
) -> list[tuple[ReminderHold, str]]:
    """Return the holds in force of single invoices that are owed, each with the invoice's number."""
    statement = (
        select(ReminderHold, Invoice.number)
        .join(Invoice, Invoice.invoice_id == ReminderHold.invoice_id)
        .where(
            Invoice.customer_id == customer_id,
            OWED,
            ReminderHold.lifted_at.is_(None),
            or_(ReminderHold.until.is_(None), ReminderHold.until > now),
        )
        .order_by(ReminderHold.hold_id.desc())
        .limit(limit)
    )
    return [(hold, number) for hold, number in session.execute(statement)]


def objections_of(session: Session, *, customer_id: int, limit: int) -> list[tuple[Objection, str]]:
    """Return what a customer said is wrong with its invoices, newest first, each with the number."""
    statement = (
        select(Objection, Invoice.number)
        .join(Invoice, Invoice.invoice_id == Objection.invoice_id)
        .where(Invoice.customer_id == customer_id)
        .order_by(Objection.objection_id.desc())
        .limit(limit)
    )
    return [(objection, number) for objection, number in session.execute(statement)]


def events_of(session: Session, *, customer_id: int, limit: int) -> list[tuple[TimelineEvent, str]]:
    """Return what happened to a customer's invoices, newest first, each with the invoice's number."""
    statement = (
        select(TimelineEvent, Invoice.number)
        .join(Invoice, Invoice.invoice_id == TimelineEvent.invoice_id)
        .where(Invoice.customer_id == customer_id, TimelineEvent.kind.not_in(_ELSEWHERE))
        .order_by(TimelineEvent.event_id.desc())
        .limit(limit)
    )
    return [(event, number) for event, number in session.execute(statement)]
