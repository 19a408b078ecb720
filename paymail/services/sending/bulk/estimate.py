"""What a bulk send would do, before it is started."""

from collections import defaultdict
from dataclasses import dataclass

from sqlalchemy import ColumnElement, case, func, literal_column, select
from sqlalchemy.orm import Session, joinedload

from paymail.models import Invoice, Issuer, Message, MessageKind
from paymail.money import Money
from paymail.services.sending.bulk.selection import Selection, matching
from paymail.services.sending.invoice_emails import CAME_TO_NOTHING

FIRST_ROWS = 20


def first_of(session: Session, *, selection: Selection) -> list[Invoice]:
    """Return the first that a bulk send of this filter would reach, with their customers. One statement."""
    first = matching(session, selection, Invoice).options(joinedload(Invoice.customer))
    return list(session.scalars(first.order_by(Invoice.invoice_id).limit(FIRST_ROWS)))


def _has_it_already() -> ColumnElement[bool]:
    """Whether the newest invoice email went out or may still: then a plain "send" makes no further one."""
    newest = select(Message.state).where(
        Message.invoice_id == Invoice.invoice_id, Message.kind == literal_column(f"'{MessageKind.INVOICE}'")
    )
    # The one row that `ix_messages_emails` ends with for each; without an email it is neither in nor out.
    state = newest.order_by(Message.message_id.desc()).limit(1).correlate(Invoice).scalar_subquery()
    return state.not_in(CAME_TO_NOTHING)


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
