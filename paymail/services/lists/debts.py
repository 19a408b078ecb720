"""What is owed, how old it is, and what of it needs a person first: counted and summed in one statement."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, case, false, func, or_, select
from sqlalchemy.orm import Session

from paymail.models import HoldReason, Invoice, PaymentPlan, PlanState, ReminderHold
from paymail.money import Money
from paymail.services.lists import delivery_state, overdue_age, payment_state
from paymail.services.lists.delivery_state import Delivery
from paymail.services.lists.invoice_filter import InvoiceFilter
from paymail.services.lists.overdue_age import AGES, Age, Today
from paymail.services.lists.payment_state import OWED, PaymentState

SOON = timedelta(days=30)
"""How far ahead money is expected."""


@dataclass(frozen=True, slots=True)
class Debt:
    """Some of what is owed: the filter that finds it, how many invoices, and how much per currency."""

    wanted: InvoiceFilter
    count: int
    owed: tuple[Money, ...]


@dataclass(frozen=True, slots=True)
class Debts:
    """All that is owed, and its parts."""

    all: Debt
    overdue: Debt
    ages: Mapping[Age, Debt]
    """Of each of AGES."""
    bounced: Debt
    in_doubt: Debt
    failed: Debt
    blocked: Debt
    complained: Debt
    says_paid: Debt
    promise_broken: Debt
    not_emailed: Debt
    due_soon: tuple[Money, ...]
    """What falls due, or is promised, within SOON; without what is on a plan."""


_STATES = {
    "bounced": (Delivery.BOUNCED,),
    "in_doubt": (Delivery.IN_DOUBT,),
    "failed": (Delivery.FAILED,),
    "blocked": (Delivery.BLOCKED,),
}


def debts(session: Session, *, now: datetime, company: tuple[int, ...] = ()) -> Debts:
    """Return what is owed at `now`, to these issuers or to all. Two statements."""
    today = overdue_age.today_of(session, now)
    parts = _parts(now, today, company)
    columns = [column for _wanted, condition in parts.values() for column in _counted(condition)]
    statement = select(Invoice.currency, *columns, *_counted(_soon(now, today))).join(Invoice.customer)
    if company:
        statement = statement.where(Invoice.issuer_id.in_(company))
    rows = session.execute(statement.where(OWED).group_by(Invoice.currency)).all()
    found = {
        name: Debt(wanted, *_sum(rows, 1 + 2 * index))
        for index, (name, (wanted, _)) in enumerate(parts.items())
    }
    ages = {age: found.pop(str(age)) for age in AGES}
    return Debts(**found, ages=ages, due_soon=_sum(rows, 1 + 2 * len(parts))[1])


def objected(session: Session, *, now: datetime, company: tuple[int, ...] = ()) -> Debt:
    """Return the invoices with an open objection, also those that are paid by now. One statement."""
    wanted = InvoiceFilter(company=company, payment=(PaymentState.OBJECTED,))
    owed = func.sum(case((OWED, Invoice.shortfall), else_=0))
    statement = select(Invoice.currency, func.count(), owed).group_by(Invoice.currency)
    if company:
        statement = statement.where(Invoice.issuer_id.in_(company))
    condition = payment_state.stands_as(wanted.payment, now)
    return Debt(wanted, *_sum(session.execute(statement.where(condition)).all(), 1))


def _parts(
    now: datetime, today: Today, company: tuple[int, ...]
) -> dict[str, tuple[InvoiceFilter, ColumnElement[bool] | None]]:
    all_ = InvoiceFilter(company=company)
    owed = replace(all_, payment=(PaymentState.OWED,))
    parts: dict[str, tuple[InvoiceFilter, ColumnElement[bool] | None]] = {"all": (owed, None)}
    parts["overdue"] = (replace(all_, overdue=(Age.ANY,)), overdue_age.in_age(Age.ANY, today))
    for age in AGES:
        parts[str(age)] = (replace(all_, overdue=(age,)), overdue_age.in_age(age, today))
    for name, states in _STATES.items():
        parts[name] = (replace(owed, delivery=states), delivery_state.delivered_as(states))
    for name, state in (
        ("complained", PaymentState.COMPLAINED),
        ("says_paid", PaymentState.SAYS_PAID),
        ("promise_broken", PaymentState.PROMISE_BROKEN),
    ):
        parts[name] = (replace(all_, payment=(state,)), payment_state.stands_as((state,), now))
    unmailed = (Delivery.NOT_EMAILED,)
    parts["not_emailed"] = (replace(owed, delivery=unmailed), delivery_state.delivered_as(unmailed))
    return parts


def _counted(condition: ColumnElement[bool] | None) -> tuple[ColumnElement[int], ColumnElement[int]]:
    if condition is None:
        return func.count(), func.sum(Invoice.shortfall)
    return func.sum(case((condition, 1), else_=0)), func.sum(case((condition, Invoice.shortfall), else_=0))


def _sum(rows: Sequence[Sequence[object]], at: int) -> tuple[int, tuple[Money, ...]]:
    read = [(str(row[0]), int(str(row[at] or 0)), int(str(row[at + 1] or 0))) for row in rows]
    sums = [Money(owed, currency) for currency, _count, owed in read if owed]
    return sum(count for _currency, count, _owed in read), tuple(sorted(sums, key=lambda one: one.currency))


def _soon(now: datetime, today: Today) -> ColumnElement[bool]:
    until = max(today.values(), default=now.date()) + SOON
    falls_due = and_(overdue_age.in_age(Age.NOT_DUE, today), Invoice.due_date <= until)
    promise = select(ReminderHold.invoice_id).where(
        ReminderHold.reason == HoldReason.PROMISED,
        ReminderHold.lifted_at.is_(None),
        ReminderHold.until > now,
        ReminderHold.until <= now + SOON,
    )
    planned = select(PaymentPlan.invoice_id).where(PaymentPlan.state == PlanState.ACTIVE)
    return and_(or_(false(), falls_due, Invoice.invoice_id.in_(promise)), Invoice.invoice_id.not_in(planned))
