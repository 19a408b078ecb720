"""What is owed, how old it is, and what of it needs a person first: counted and summed in one statement."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, false, func, literal, or_, select, union_all
from sqlalchemy.orm import Session

from paymail.models import HoldReason, Invoice, PaymentPlan, PlanState, ReminderHold
from paymail.money import Money
from paymail.services.access.visible import seen_issuers
from paymail.services.lists import delivery_state, overdue_age, payment_state
from paymail.services.lists.delivery_state import Delivery
from paymail.services.lists.invoice_filter import InvoiceFilter
from paymail.services.lists.overdue_age import AGES, Age, Today
from paymail.services.lists.payment_state import OWED, PaymentState

SOON = timedelta(days=30)
"""How far ahead money is expected."""
_SOON = "due_soon"


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
    ours = within(session, company)
    # Each part by itself, so that an index answers it: a sum over all of what is owed, with every condition
    # beside it, reads each invoice from the table.
    each = [_summed(name, condition, *ours) for name, (_wanted, condition) in parts.items()]
    all_ = union_all(*each, _summed(_SOON, _soon(now, today), *ours)).subquery()
    found: defaultdict[str, list[tuple[str, int, int]]] = defaultdict(list)
    for name, currency, count, owed in session.execute(select(*all_.c)):
        found[name].append((currency, count, int(owed)))
    ages = {age: Debt(parts[age][0], *_sum(found[age])) for age in AGES}
    late = [row for age in AGES if age is not Age.NOT_DUE for row in found[age]]
    all_of = InvoiceFilter(company=company)
    rest = {name: Debt(parts[name][0], *_sum(found[name])) for name in parts if name not in ages}
    return Debts(
        **rest,
        all=Debt(replace(all_of, payment=(PaymentState.OWED,)), *_sum([*late, *found[Age.NOT_DUE]])),
        overdue=Debt(replace(all_of, overdue=(Age.ANY,)), *_sum(late)),
        ages=ages,
        due_soon=_sum(found[_SOON])[1],
    )


def within(session: Session, company: tuple[int, ...]) -> list[ColumnElement[bool]]:
    """Return the conditions that an invoice is of these issuers, or of all, and of those that are seen."""
    seen = seen_issuers(session)
    found: list[ColumnElement[bool]] = [] if seen is None else [Invoice.issuer_id.in_(sorted(seen))]
    return [*found, Invoice.issuer_id.in_(company)] if company else found


def _summed(name: str, *conditions: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    columns = (Invoice.currency.label("currency"), func.count().label("count"))
    statement = select(literal(name).label("name"), *columns, func.sum(Invoice.shortfall).label("owed"))
    return statement.where(OWED, *conditions).group_by(Invoice.currency)


def objected(session: Session, *, now: datetime, company: tuple[int, ...] = ()) -> Debt:
    """Return the invoices with an open objection, also those that are paid by now. One statement."""
    wanted = InvoiceFilter(company=company, payment=(PaymentState.OBJECTED,))
    owed = func.sum(case((OWED, Invoice.shortfall), else_=0))
    statement = select(Invoice.currency, func.count(), owed).group_by(Invoice.currency)
    if company:
        statement = statement.where(Invoice.issuer_id.in_(company))
    condition = payment_state.stands_as(wanted.payment, now)
    rows = session.execute(statement.where(condition))
    return Debt(wanted, *_sum((currency, count, int(sum_)) for currency, count, sum_ in rows))


def _parts(
    now: datetime, today: Today, company: tuple[int, ...]
) -> dict[str, tuple[InvoiceFilter, ColumnElement[bool]]]:
    all_ = InvoiceFilter(company=company)
    owed = replace(all_, payment=(PaymentState.OWED,))
    parts: dict[str, tuple[InvoiceFilter, ColumnElement[bool]]] = {}
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


def _sum(rows: Iterable[tuple[str, int, int]]) -> tuple[int, tuple[Money, ...]]:
    count, sums = 0, Counter[str]()
    for currency, some, owed in rows:
        count += some
        sums[currency] += owed
    return count, tuple(Money(owed, currency) for currency, owed in sorted(sums.items()) if owed)


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
