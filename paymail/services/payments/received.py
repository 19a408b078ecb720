"""What arrived in a time, per currency."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import and_, func, select, union_all
from sqlalchemy.orm import Session

from paymail.models import Channel, Payment
from paymail.money import Money
from paymail.services.access.visible import seen_issuers


@dataclass(frozen=True, slots=True)
class Received:
    """Payments of a time, before refunds."""

    count: int
    sums: tuple[Money, ...]


def received(session: Session, *, since: datetime, first_day: date, company: Iterable[int] = ()) -> Received:
    """Return what arrived since an instant (UTC), or by the day that staff wrote. One statement.

    Without what only a host's records told: when that arrived nobody here knows.
    """
    issuers = list(company)
    seen = seen_issuers(session)
    conditions = [Payment.channel != Channel.HOST]
    conditions += [] if seen is None else [Payment.issuer_id.in_(sorted(seen))]
    conditions += [Payment.issuer_id.in_(issuers)] if issuers else []
    # Apart, since each has an index of its own.
    times = (and_(Payment.paid_on.is_(None), Payment.received_at >= since), Payment.paid_on >= first_day)
    each = select(Payment.currency, Payment.amount).where(*conditions)
    all_ = union_all(*(each.where(time) for time in times)).subquery()
    statement = select(all_.c.currency, func.count(), func.sum(all_.c.amount)).group_by(all_.c.currency)
    rows = session.execute(statement.order_by(all_.c.currency)).all()
    return Received(sum(row[1] for row in rows), tuple(Money(int(row[2]), row[0]) for row in rows))
