"""What goes out until the end of a day, counted: for the first page, which cannot wait for the forecast."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session, selectinload

from paymail.models import (
    Invoice,
    Message,
    MessageKind,
    MessageState,
    PaymentPlan,
    PlanState,
    in_state,
)
from paymail.money import Money
from paymail.services.core.invoices import local_date
from paymail.services.lists.debts import SOON
from paymail.services.lists.payment_state import OWED
from paymail.services.plans.coverage import plan_of

_GONE = (MessageState.SENT, MessageState.BOUNCED)
_TO_COME = (MessageState.SCHEDULED, MessageState.SENDING, MessageState.HANDOVER)


@dataclass(frozen=True, slots=True)
class Today:
    """Emails of a day. `reminders` is how many invoices the ladder looks at; not each gets one."""

    gone: int
    coming: dict[str, int]
    """By kind, those that are written and wait for their time."""
    held: int
    """Of those that are written: how many wait for a hold to end."""
    reminders: int


def today(session: Session, *, begins: datetime, ends: datetime, company: Iterable[int] = ()) -> Today:
    """Return what went out since the day began and what is to go until it ends (UTC). Three statements.

    Of these issuers, or of all.
    """
    issuers = list(company)
    theirs = _theirs(issuers)
    gone = select(func.count()).where(in_state(*_GONE), Message.handed_over_at >= begins, *theirs)
    coming = (
        select(Message.kind, Message.held, func.count())
        .where(in_state(*_TO_COME), Message.next_at < ends, *theirs)
        .group_by(Message.kind, Message.held)
    )
    rows = session.execute(coming).all()
    look = select(func.count()).where(Invoice.next_reminder_at < ends, OWED)
    if issuers:
        look = look.where(Invoice.issuer_id.in_(issuers))
    return Today(
        gone=session.scalar(gone) or 0,
        coming={str(kind): count for kind, held, count in rows if not held},
        held=sum(row[2] for row in rows if row[1]),
        reminders=session.scalar(look) or 0,
    )


def doubtful(session: Session, *, company: Iterable[int] = ()) -> int:
    """Return how many emails of any other kind than the invoice may or may not have arrived."""
    statement = select(func.count()).where(
        in_state(MessageState.UNKNOWN), Message.kind != MessageKind.INVOICE, *_theirs(company)
    )
    return session.scalar(statement) or 0


def _theirs(company: Iterable[int]) -> list[ColumnElement[bool]]:
    """Return the condition that a message is of one of these issuers; none means of all."""
    if not (issuers := list(company)):
        return []
    return [Message.invoice_id.in_(select(Invoice.invoice_id).where(Invoice.issuer_id.in_(issuers)))]


def planned_soon(session: Session, *, now: datetime, company: Iterable[int] = ()) -> list[Money]:
    """Return what instalments of plans ask for within the next days, per invoice. Three statements."""
    statement = (
        select(Invoice)
        .join(PaymentPlan, PaymentPlan.invoice_id == Invoice.invoice_id)
        .where(OWED, PaymentPlan.state == PlanState.ACTIVE)
        .options(
            selectinload(Invoice.plan).selectinload(PaymentPlan.instalments), selectinload(Invoice.issuer)
        )
    )
    if issuers := list(company):
        statement = statement.where(Invoice.issuer_id.in_(issuers))
    found = []
    for invoice in session.scalars(statement):
        day, plan = local_date(invoice.issuer, now), plan_of(invoice)
        parts = [one.open for one in plan.left if day <= one.due <= day + SOON] if plan else []
        found.append(Money(sum(parts), invoice.currency))
    return found
