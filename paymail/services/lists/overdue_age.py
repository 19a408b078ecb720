"""How long an invoice is overdue, on its issuer's calendar."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, and_, false, or_, select
from sqlalchemy.orm import Session

from paymail.models import Invoice, Issuer
from paymail.services.core.invoices import local_date
from paymail.services.lists.payment_state import OWED

Today = Mapping[int, date]
"""Which day it is for each issuer, by its id."""


class Age(StrEnum):
    """How many days an owed invoice is past its due date."""

    NOT_DUE = "not-due"
    TO_30 = "1-30"
    TO_60 = "31-60"
    TO_90 = "61-90"
    OVER_90 = "90+"
    ANY = "any"
    """Overdue at all."""


AGES = (Age.NOT_DUE, Age.TO_30, Age.TO_60, Age.TO_90, Age.OVER_90)
"""Each owed invoice is in exactly one of these."""
_DAYS: dict[Age, tuple[int | None, int | None]] = {
    Age.NOT_DUE: (None, 0),
    Age.TO_30: (1, 30),
    Age.TO_60: (31, 60),
    Age.TO_90: (61, 90),
    Age.OVER_90: (91, None),
    Age.ANY: (1, None),
}


def today_of(session: Session, now: datetime) -> Today:
    """Return which day it is for each issuer at `now` (UTC)."""
    return {issuer.issuer_id: local_date(issuer, now) for issuer in session.scalars(select(Issuer))}


def overdue_for(wanted: Iterable[Age], today: Today) -> ColumnElement[bool]:
    """Return the condition that an invoice is owed and of one of these ages."""
    ages = tuple(wanted)
    return and_(OWED, or_(false(), *(in_age(age, today) for age in ages)))


def in_age(age: Age, today: Today) -> ColumnElement[bool]:
    """Return the condition that the due date of an invoice is so long ago, whether it is owed or not."""
    issuers: defaultdict[date, list[int]] = defaultdict(list)
    for issuer_id, day in today.items():
        issuers[day].append(issuer_id)
    # Mostly it is the same day for all: then the index on due dates answers.
    parts = [
        and_(_due(age, day), *([Invoice.issuer_id.in_(ids)] if len(issuers) > 1 else []))
        for day, ids in issuers.items()
    ]
    return or_(false(), *parts)


def _due(age: Age, day: date) -> ColumnElement[bool]:
    least, most = _DAYS[age]
    bounds = []
    if least is not None:
        bounds.append(Invoice.due_date <= day - timedelta(days=least))
    if most is not None:
        bounds.append(Invoice.due_date >= day - timedelta(days=most))
    return and_(*bounds)
