"""Counting what is owed up to a bound: a hint costs the same, however much is owed."""

from sqlalchemy import ColumnElement, ScalarSelect, func, select

from paymail.models import Invoice
from paymail.services.lists import delivery_state
from paymail.services.lists.payment_state import OWED

MOST = 1000
"""Counted no further: the list itself says more."""
PROBED = 10_000
"""So many of what falls due last, which is the newest, are looked at for an email of theirs. Of more than
that, those that are due before may be without one and are not counted: Home and the list look at all."""


def some(*also: ColumnElement[bool]) -> ScalarSelect[int]:
    """Return the count of what is owed, at most one more than MOST."""
    found = select(Invoice.invoice_id).where(OWED, *also).limit(MOST + 1)
    return select(func.count()).select_from(found.subquery()).scalar_subquery()


def unmailed(*also: ColumnElement[bool]) -> ScalarSelect[int]:
    """Return the same of what was not emailed yet, among PROBED."""
    newest_first = select(Invoice.invoice_id).where(OWED, *also).order_by(Invoice.due_date.desc())
    probed = newest_first.limit(PROBED).subquery()
    found = select(probed.c.invoice_id).where(~delivery_state.emailed(probed.c.invoice_id)).limit(MOST + 1)
    return select(func.count()).select_from(found.subquery()).scalar_subquery()


def beyond(*also: ColumnElement[bool]) -> ScalarSelect[int]:
    """Return 1 if more is owed than PROBED, else 0."""
    further = select(Invoice.invoice_id).where(OWED, *also).order_by(Invoice.due_date.desc())
    one = further.offset(PROBED).limit(1)
    return select(func.count()).select_from(one.subquery()).scalar_subquery()
