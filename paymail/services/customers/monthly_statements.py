"""Statements of account that go out by themselves, once a month, to the customers of an issuer who owe."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import exists, func, or_, select, update
from sqlalchemy.orm import Session

from paymail import observability
from paymail.errors import PaymailError
from paymail.models import (
    Customer,
    Invoice,
    Issuer,
    MessageKind,
    MessageState,
    PaymentStatus,
    ReminderHold,
)
from paymail.services.core import restores
from paymail.services.core.calendar import calendar_of
from paymail.services.core.contexts import Context
from paymail.services.core.invoices import load_invoice, local_date
from paymail.services.customers import statement_emails
from paymail.services.customers.statement_emails import NobodyToMail
from paymail.services.lists.payment_state import OWED
from paymail.services.outbox import dedupe_keys, queue

log = observability.logger(__name__)

ACTOR = "monthly statement"
SET = 50
"""Customers of one turn: the sweep has other work too."""
LATE = timedelta(days=7)
"""How long after its morning a run may still begin or go on, after an outage; then the month is left out."""


UNFORESEEN = (ArithmeticError, ValueError, LookupError, TypeError)
"""What one customer's data may raise, which must not keep the others from theirs. After what the database
raises the set is done again."""


@dataclass(frozen=True, slots=True)
class Run:
    """The statements of one month: `day` is the business day on which they go out, at `at` (UTC)."""

    month: str
    day: date
    at: datetime


@dataclass(frozen=True, slots=True)
class Owing:
    """A customer who owes, in one currency: `minor` in all, and the newest of the invoices."""

    customer_id: int
    currency: str
    minor: int
    invoice_id: int


def runs(issuer: Issuer, *, around: date) -> list[Run]:
    """Return the runs of the month before a day, its own and the next two. Raises BadCalendar, BadTime.

    On a weekend or a public holiday it is the next business day, on the issuer's clock.
    """
    if issuer.statement_day is None:
        return []
    calendar, found = calendar_of(issuer), []
    first = (around.replace(day=1) - timedelta(days=1)).replace(day=1)
    for _ in range(4):
        day = calendar.business_day(first.replace(day=issuer.statement_day), step=1)
        found.append(Run(f"{first:%Y-%m}", day, calendar.morning(day)))
        first = (first + timedelta(days=32)).replace(day=1)
    return found


def due_run(session: Session, issuer: Issuer, *, now: datetime) -> Run | None:
    """Return the run that is due and not done; None if there is none, as after a restore that may hide it."""
    since = restores.latest(session)
    for run in runs(issuer, around=local_date(issuer, now)):
        done = issuer.statements_done is not None and issuer.statements_done >= run.day
        # What a backup knows of is not all that was mailed.
        hidden = since is not None and run.at <= since.restored_at
        if run.at <= now < run.at + LATE and not done and not hidden:
            return run
    return None


def begun(issuer: Issuer, run: Run) -> int:
    """Return the customer (id) up to whom a run is done; 0: it has not begun.

    Where an earlier run ended unfinished, as by an outage, its cursor is not this run's.
    """
    return issuer.statements_after if issuer.statements_done == _eve(run) else 0


def _eve(run: Run) -> date:
    """The last day before a run: that all runs until then are done says that this one has begun."""
    return run.day - timedelta(days=1)


def owing(
    session: Session, *, issuer_id: int, at: datetime, after: int = 0, limit: int | None = None
) -> list[Owing]:
    """Return who owes an issuer and is not on hold at `at` (UTC), by customer and currency.

    Of at most `limit` customers whose id is above `after`. Whoever gets no reminders gets no such statement,
    nor who is on hold for each invoice, or has a payment clearing for it.
    """
    held = exists().where(
        ReminderHold.invoice_id == Invoice.invoice_id,
        ReminderHold.lifted_at.is_(None),
        or_(ReminderHold.until.is_(None), ReminderHold.until > at),
    )
    reachable = (
        select(Invoice.customer_id)
        .join(Customer, Customer.customer_id == Invoice.customer_id)
        .where(
            OWED,
            Invoice.issuer_id == issuer_id,
            Invoice.customer_id > after,
            Customer.erased_at.is_(None),
            Customer.reminders_off.is_(False),
            or_(Customer.held_at.is_(None), Customer.held_until <= at),
            Invoice.reminders_off.is_(False),
            Invoice.payment_status != PaymentStatus.PROCESSING,
            ~held,
        )
        .distinct()
        .order_by(Invoice.customer_id)
    )
    ids = session.scalars(reachable if limit is None else reachable.limit(limit)).all()
    statement = (
        select(
            Invoice.customer_id,
            Invoice.currency,
            func.sum(Invoice.shortfall),
            func.max(Invoice.invoice_id),
        )
        .where(OWED, Invoice.issuer_id == issuer_id)
        .group_by(Invoice.customer_id, Invoice.currency)
        .order_by(Invoice.customer_id, Invoice.currency)
    )
    found: list[Owing] = []
    for part in (ids[at_ : at_ + 500] for at_ in range(0, len(ids), 500)):
        rows = session.execute(statement.where(Invoice.customer_id.in_(part)))
        # SUM of a BIGINT is a Decimal on PostgreSQL.
        found += (Owing(customer, code, int(total), newest) for customer, code, total, newest in rows)
    return found


def send_due(context: Context, *, limit: int = SET) -> int:
    """Queue the statements of one set of customers for each issuer whose run is due; return how many.

    Each customer is a transaction of its own. The cursor moves after the set: who dies meanwhile does the
    set again, and the dedupe keys make each statement once.
    """
    with context.transaction() as session:
        on = select(Issuer.issuer_id).where(Issuer.statement_day.is_not(None)).order_by(Issuer.issuer_id)
        issuer_ids = session.scalars(on).all()
    return sum(_send_set(context, issuer_id, limit) for issuer_id in issuer_ids)


def _send_set(context: Context, issuer_id: int, limit: int) -> int:
    with context.transaction() as session:
        issuer = session.get_one(Issuer, issuer_id)
        try:
            run = due_run(session, issuer, now=context.now())
        except PaymailError as error:
            log.error("monthly statements wait", issuer=issuer_id, code=error.code, reason=str(error))
            return 0
        if run is None:
            return 0
        found = owing(session, issuer_id=issuer_id, at=context.now(), after=begun(issuer, run), limit=limit)
    sent = sum(_send(context, one, run) for one in found)
    with context.transaction() as session:
        _move_on(session, issuer_id, run, found)
    return sent


def _send(context: Context, one: Owing, run: Run) -> int:
    try:
        with context.transaction() as session:
            queued = statement_emails.send_statement(
                session,
                customer_id=one.customer_id,
                key=key_of(run),
                actor=ACTOR,
                now=context.now(),
                currency=one.currency,
            )
            return int(queued.created)
    except NobodyToMail as error:
        with context.transaction() as session:
            _record_suppressed(session, one, run, str(error), context.now())
    except PaymailError as error:
        log.warning("no monthly statement", customer_id=one.customer_id, code=error.code, reason=str(error))
    except UNFORESEEN:
        log.exception("a monthly statement failed", customer_id=one.customer_id)
    return 0


def key_of(run: Run) -> str:
    """Return the key of a run's statements: one for each customer, currency and month."""
    return f"monthly:{run.month}"


def _record_suppressed(session: Session, one: Owing, run: Run, reason: str, now: datetime) -> None:
    queue.add(
        session,
        dedupe_key=dedupe_keys.statement(customer_id=one.customer_id, currency=one.currency, key=key_of(run)),
        kind=MessageKind.STATEMENT,
        invoice=load_invoice(session, invoice_id=one.invoice_id, lock=True),
        actor=ACTOR,
        now=now,
        state=MessageState.SUPPRESSED,
        reason=reason,
        settled_at=now,
    )


def _move_on(session: Session, issuer_id: int, run: Run, found: Sequence[Owing]) -> None:
    """Move the issuer's cursor past a set, or end the run; not one that another worker has ended."""
    mine = update(Issuer).where(
        Issuer.issuer_id == issuer_id,
        or_(Issuer.statements_done.is_(None), Issuer.statements_done < run.day),
    )
    if found:
        last, eve = found[-1].customer_id, _eve(run)
        behind = or_(
            Issuer.statements_done.is_(None), Issuer.statements_done != eve, Issuer.statements_after < last
        )
        session.execute(mine.where(behind).values(statements_done=eve, statements_after=last))
    else:
        session.execute(mine.values(statements_done=run.day, statements_after=0))
