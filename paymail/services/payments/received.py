"""What arrived in a time, per currency."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from paymail.models import Channel, Payment
from paymail.money import Money


@dataclass(frozen=True, slots=True)
class Received:
    """Payments of a time, before refunds."""

    count: int
    sums: tuple[Money, ...]


def received(session: Session, *, since: datetime, first_day: date, company: Iterable[int] = ()) -> Received:
    """Return what arrived since an instant (UTC), or by the day that staff wrote. One statement.

    Without what only a host's records told: when that arrived nobody here knows.
    """
    in_time = or_(and_(Payment.paid_on.is_(None), Payment.received_at >= since), Payment.paid_on >= first_day)
    statement = select(Payment.currency, func.count(), func.sum(Payment.amount)).where(
        Payment.channel != Channel.HOST, in_time
    )
    if issuers := list(company):
        statement = statement.where(Payment.issuer_id.in_(issuers))
    rows = session.execute(statement.group_by(Payment.currency).order_by(Payment.currency)).all()
    return Received(sum(row[1] for row in rows), tuple(Money(int(row[2]), row[0]) for row in rows))
