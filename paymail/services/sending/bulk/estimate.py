"""What a bulk send would do, before it is started."""

from collections import defaultdict
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, case, func, select
from sqlalchemy.orm import Session, aliased, joinedload

from paymail.models import Invoice, Issuer, Message, MessageKind
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
    counts = matching(session, selection, func.count())
    owed = matching(session, selection, Invoice.currency)
    owed = owed.add_columns(func.sum(Invoice.shortfall)).group_by(Invoice.currency)
    first = matching(session, selection, Invoice).options(joinedload(Invoice.customer))
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


@dataclass(frozen=True, slots=True)
class IssuerShare:
    """What of a filter is one issuer's."""

    issuer: Issuer
    total: int
    already: int
    """How many have their invoice email already; left out unless asked."""
    customers: int
    owed: tuple[Money, ...]
    """What they owe, per currency."""


def shares(session: Session, *, selection: Selection) -> list[IssuerShare]:
    """Return what a bulk send of this filter would reach, per issuer, by name. Two statements."""
    statement = matching(session, selection, Invoice.issuer_id).add_columns(
        Invoice.currency,
        func.count(),
        func.sum(case((_has_it_already(), 1), else_=0)),
        func.sum(Invoice.shortfall),
        func.count(Invoice.customer_id.distinct()),
    )
    rows = defaultdict(list)
    for issuer_id, *row in session.execute(statement.group_by(Invoice.issuer_id, Invoice.currency)):
        rows[issuer_id].append(row)
    issuers = session.scalars(select(Issuer).where(Issuer.issuer_id.in_(rows)).order_by(Issuer.name))
    return [
        IssuerShare(
            issuer=issuer,
            total=sum(row[1] for row in rows[issuer.issuer_id]),
            already=sum(row[2] for row in rows[issuer.issuer_id]),
            customers=sum(row[4] for row in rows[issuer.issuer_id]),
            owed=tuple(Money(int(row[3]), row[0]) for row in sorted(rows[issuer.issuer_id])),
        )
        for issuer in issuers
    ]
