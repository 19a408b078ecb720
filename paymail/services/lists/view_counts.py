"""How many invoices the views have that everybody sees: hints beside their names, counted up to a bound."""

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import ColumnElement, ScalarSelect, func, select
from sqlalchemy.orm import Session

from paymail.models import Invoice
from paymail.services.lists import delivery_state, overdue_age
from paymail.services.lists.debts import within
from paymail.services.lists.delivery_state import PROBLEMS, Delivery
from paymail.services.lists.invoice_filter import InvoiceFilter
from paymail.services.lists.overdue_age import Age
from paymail.services.lists.payment_state import OWED, PaymentState

OPEN = InvoiceFilter(payment=(PaymentState.OWED,))
NOT_EMAILED = replace(OPEN, delivery=(Delivery.NOT_EMAILED,))
OVERDUE = InvoiceFilter(overdue=(Age.ANY,))
DELIVERY_PROBLEMS = replace(OPEN, delivery=PROBLEMS)
MOST = 1000
"""Counted no further: the list itself says more."""


@dataclass(frozen=True, slots=True)
class ViewCount:
    """A view with a name, and how many invoices it has; None: not counted, since it may be all there are."""

    name: str
    wanted: InvoiceFilter
    count: int | None = None

    @property
    def words(self) -> str:
        """The count as people read it."""
        if self.count is None:
            return ""
        return f"{MOST:,}+" if self.count > MOST else f"{self.count:,}"


def counted(session: Session, *, now: datetime) -> list[ViewCount]:
    """Return the views that everybody has, with their counts: at most one more than MOST. Two statements."""
    late = overdue_age.in_age(Age.ANY, overdue_age.today_of(session, now))
    unmailed = delivery_state.delivered_as((Delivery.NOT_EMAILED,))
    trouble = delivery_state.delivered_as(PROBLEMS)
    ours = within(session, ())
    parts = ((), (unmailed,), (late,), (trouble,))
    row = session.execute(select(*(_some(*ours, *one) for one in parts))).one()
    views = (
        ("Open", OPEN),
        ("Not emailed", NOT_EMAILED),
        ("Overdue", OVERDUE),
        ("Delivery problems", DELIVERY_PROBLEMS),
    )
    found = [ViewCount(*view, count) for view, count in zip(views, row, strict=True)]
    return [*found, ViewCount("All", InvoiceFilter())]


def _some(*also: ColumnElement[bool]) -> ScalarSelect[int]:
    some = select(Invoice.invoice_id).where(OWED, *also).limit(MOST + 1)
    return select(func.count()).select_from(some.subquery()).scalar_subquery()
