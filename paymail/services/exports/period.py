"""The period of a report: days on an issuer's calendar, both ends included."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import ColumnElement, and_, or_
from sqlalchemy.orm import InstrumentedAttribute

from paymail.errors import InvalidInput
from paymail.models import Issuer, Payment
from paymail.services.core.calendar import instant, zone_of


class BadPeriod(InvalidInput):
    """The period ends before it begins, or is longer than anybody reports."""

    code = "bad_period"


@dataclass(frozen=True, slots=True)
class Period:
    """From the first day to the last."""

    first: date
    last: date

    def holds(self, day: date) -> bool:
        """Whether a day is in it."""
        return self.first <= day <= self.last


def period(first: date, last: date) -> Period:
    """Return the period between two days. Raises BadPeriod."""
    if last < first:
        raise BadPeriod("the period ends before it begins")
    if not (date(2000, 1, 1) <= first and last <= date(2199, 12, 31)):
        raise BadPeriod("the period must be between the years 2000 and 2199; check for a typo")
    return Period(first, last)


def quarter_of(day: date) -> Period:
    """Return the quarter of a day; those of the calendar are those of a BAS."""
    begin = date(day.year, 3 * ((day.month - 1) // 3) + 1, 1)
    following = date(begin.year + begin.month // 10, (begin.month + 2) % 12 + 1, 1)
    return Period(begin, following - timedelta(days=1))


def quarter_before(quarter: Period) -> Period:
    """Return the quarter before one."""
    return quarter_of(quarter.first - timedelta(days=1))


def happened(
    column: InstrumentedAttribute[datetime] | InstrumentedAttribute[datetime | None],
    issuer: Issuer,
    span: Period,
) -> ColumnElement[bool]:
    """Return the condition that an instant was in the period, on the issuer's clock. Raises BadCalendar."""
    zone = zone_of(issuer.timezone)
    begins = instant(span.first, time(), zone)
    return and_(column >= begins, column < instant(span.last + timedelta(days=1), time(), zone))


def paid_in(issuer: Issuer, span: Period) -> ColumnElement[bool]:
    """Return the condition that a payment was made in the period: by its day as written down, if any."""
    by_clock = and_(Payment.paid_on.is_(None), happened(Payment.received_at, issuer, span))
    return or_(Payment.paid_on.between(span.first, span.last), by_clock)
