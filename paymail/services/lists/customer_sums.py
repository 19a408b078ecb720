"""What some customers owe, what holds their reminders, and which emails to them came to nothing."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import case, func, or_, select
from sqlalchemy.orm import Session

from paymail.emails import TO_STAFF
from paymail.models import (
    TO_NAMED,
    Channel,
    Invoice,
    Issuer,
    Message,
    MessageState,
    Payment,
    PaymentStatus,
    ReminderHold,
)
from paymail.money import Money
from paymail.services.core.invoices import local_date
from paymail.services.lists import overdue_age
from paymail.services.lists.overdue_age import Age
from paymail.services.lists.payment_state import OWED

A_YEAR = timedelta(days=365)
TROUBLE = (MessageState.BOUNCED, MessageState.FAILED, MessageState.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Owed:
    """What a customer owes in one currency: how many invoices, how much, and how much of it is overdue."""

    count: int
    balance: Money
    late: int
    overdue: Money


@dataclass(frozen=True, slots=True)
class Trouble:
    """The last email of a customer that came to nothing."""

    message_id: int
    invoice_id: int
    state: MessageState
    at: datetime
    """UTC."""


def owed_by(
    session: Session, *, customer_ids: Iterable[int], now: datetime, issuers: Iterable[Issuer] = ()
) -> Mapping[int, list[Owed]]:
    """Return what each of some customers owes, by currency: they are never added up.

    One statement where their `issuers` are given, else two.
    """
    today = {one.issuer_id: local_date(one, now) for one in issuers} or overdue_age.today_of(session, now)
    late = overdue_age.in_age(Age.ANY, today)
    statement = (
        select(
            Invoice.customer_id,
            Invoice.currency,
            func.count(),
            func.sum(Invoice.shortfall),
            func.sum(case((late, 1), else_=0)),
            func.sum(case((late, Invoice.shortfall), else_=0)),
        )
        .where(OWED, Invoice.customer_id.in_(list(customer_ids)))
        .group_by(Invoice.customer_id, Invoice.currency)
        .order_by(Invoice.customer_id, Invoice.currency)
    )
    found: defaultdict[int, list[Owed]] = defaultdict(list)
    for customer_id, currency, count, owed, counted, overdue in session.execute(statement):
        sums = Money(int(owed), currency), Money(int(overdue), currency)
        found[customer_id].append(Owed(count, sums[0], int(counted), sums[1]))
    return found


def days_late(
    session: Session, *, customer_ids: Iterable[int], issuers: Iterable[Issuer], now: datetime
) -> Mapping[int, int]:
    """Return how many days after the due day each of some customers paid on average, over the invoices that
    became paid in the last year; below 0 is before it. One statement.

    An invoice is paid on the day of its last payment, on its issuer's calendar. What only the host's records
    told does not count: when that arrived nobody here knows.
    """
    by_id = {one.issuer_id: one for one in issuers}
    came = func.max(case((Payment.paid_on.is_(None), Payment.received_at)))
    statement = (
        select(Invoice.customer_id, Invoice.due_date, Invoice.issuer_id, func.max(Payment.paid_on), came)
        .join(Payment, Payment.invoice_id == Invoice.invoice_id)
        .where(
            Invoice.customer_id.in_(list(customer_ids)),
            Invoice.payment_status == PaymentStatus.PAID,
            Payment.channel != Channel.HOST,
        )
        .group_by(Invoice.invoice_id, Invoice.customer_id, Invoice.due_date, Invoice.issuer_id)
        .having(func.max(Payment.received_at) >= now - A_YEAR)
    )
    days: defaultdict[int, list[int]] = defaultdict(list)
    for customer_id, due, issuer_id, written, arrived in session.execute(statement):
        day = max(filter(None, (written, arrived and local_date(by_id[issuer_id], arrived))))
        days[customer_id].append((day - due).days)
    return {one: round(sum(found) / len(found)) for one, found in days.items()}


def held_invoices(session: Session, *, customer_ids: Iterable[int], now: datetime) -> Mapping[int, int]:
    """Return how many owed invoices of each of some customers have a hold of their own. One statement."""
    statement = (
        select(Invoice.customer_id, func.count(func.distinct(Invoice.invoice_id)))
        .join(ReminderHold, ReminderHold.invoice_id == Invoice.invoice_id)
        .where(
            OWED,
            Invoice.customer_id.in_(list(customer_ids)),
            ReminderHold.lifted_at.is_(None),
            or_(ReminderHold.until.is_(None), ReminderHold.until > now),
        )
        .group_by(Invoice.customer_id)
    )
    return {row[0]: row[1] for row in session.execute(statement)}


def troubles(session: Session, *, customer_ids: Iterable[int]) -> Mapping[int, Trouble]:
    """Return the last email that came to nothing of each of some customers, if one did. One statement."""
    last = (
        select(Invoice.customer_id, func.max(Message.message_id).label("message_id"))
        .join(Message, Message.invoice_id == Invoice.invoice_id)
        .where(
            Invoice.customer_id.in_(list(customer_ids)),
            Message.state.in_(TROUBLE),
            Message.kind.not_in((*TO_STAFF, *TO_NAMED)),
        )
        .group_by(Invoice.customer_id)
        .subquery()
    )
    columns = (Message.message_id, Message.invoice_id, Message.state, Message.settled_at, Message.next_at)
    statement = select(last.c.customer_id, *columns).join(last, last.c.message_id == Message.message_id)
    return {
        customer_id: Trouble(message_id, invoice_id, state, settled_at or next_at)
        for customer_id, message_id, invoice_id, state, settled_at, next_at in session.execute(statement)
    }
