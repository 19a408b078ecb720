"""How much a forecast is made of, counted by the database: each of its emails is decided on, one by one."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from paymail.models import Invoice, Message
from paymail.money import Money
from paymail.services.forecast.forecast import falls_due_near, looked_at, queued_until
from paymail.services.lists.payment_state import OWED

MOST_STEPS = 2000
"""Invoices that may have a step are counted no further."""


@dataclass(frozen=True, slots=True)
class Ahead:
    """What the next days hold: emails that are written, and invoices that the ladder looks at."""

    written: int
    looked_at: int
    """Not each of them gets a reminder."""
    owed: tuple[Money, ...]
    """By the invoices that the ladder looks at, per currency."""
    with_steps: int
    """Invoices that the whole forecast goes through: mostly more than the ladder looks at, and at most one
    more than MOST_STEPS; without those that have a plan."""


def ahead(session: Session, *, now: datetime, days: int) -> Ahead:
    """Return how much there is in the next `days`. Three statements."""
    until = now + timedelta(days=days)
    written = session.scalar(select(func.count(Message.message_id)).where(*queued_until(until))) or 0
    looks = select(Invoice.currency, func.count(), func.sum(Invoice.shortfall)).where(*looked_at(until))
    rows = session.execute(looks.group_by(Invoice.currency).order_by(Invoice.currency)).all()
    owed = tuple(Money(int(owed), currency) for currency, _count, owed in rows)
    near = select(Invoice.invoice_id).where(OWED, falls_due_near(now, until))
    steps = near.limit(MOST_STEPS + 1).subquery()
    with_steps = session.scalar(select(func.count(steps.c.invoice_id))) or 0
    return Ahead(written, sum(row[1] for row in rows), owed, with_steps)
