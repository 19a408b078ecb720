"""What a bulk send would do, before it is started."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session, aliased, joinedload

from paymail.models import Invoice, Message, MessageKind
from paymail.money import Money
from paymail.services.sending.bulk.selection import Selection, matching
from paymail.services.sending.invoice_emails import CAME_TO_NOTHING

FIRST_ROWS = 20


@dataclass(frozen=True, slots=True)
class Foresight:
    """What a filter matches now."""

    total: int
    already: int
    """How many of them have their invoice email already, sent or queued; these are left out unless asked."""
    owed: tuple[Money, ...]
    """What they owe, per currency."""
    first: list[Invoice]
    """The first of them, with their customers."""


def foresee(session: Session, *, selection: Selection) -> Foresight:
    """Return what a bulk send of this filter would reach. Stores nothing."""
    counts = matching(selection, func.count())
    owed = matching(selection, Invoice.currency)
    owed = owed.add_columns(func.sum(Invoice.shortfall)).group_by(Invoice.currency)
    first = matching(selection, Invoice).options(joinedload(Invoice.customer))
    return Foresight(
        total=session.scalar(counts) or 0,
        already=session.scalar(counts.where(_has_it_already())) or 0,
        owed=tuple(Money(int(amount), currency) for currency, amount in session.execute(owed)),
        first=list(session.scalars(first.order_by(Invoice.invoice_id).limit(FIRST_ROWS))),
    )


def _has_it_already() -> ColumnElement[bool]:
    """Whether the newest invoice email went out or may still: then a plain "send" makes no further one."""
    newer = aliased(Message)
    no_newer = ~(
        select(newer.message_id)
        .where(
            newer.invoice_id == Message.invoice_id,
            newer.kind == MessageKind.INVOICE,
            newer.message_id > Message.message_id,
        )
        .exists()
    )
    return (
        select(Message.message_id)
        .where(
            and_(Message.invoice_id == Invoice.invoice_id, Message.kind == MessageKind.INVOICE),
            Message.state.not_in(CAME_TO_NOTHING),
            no_newer,
        )
        .exists()
    )
