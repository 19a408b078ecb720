"""How many invoices the views have that everybody sees: hints beside their names, counted up to a bound."""

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from paymail.services.lists import delivery_state, overdue_age
from paymail.services.lists.debts import within
from paymail.services.lists.delivery_state import PROBLEMS, Delivery
from paymail.services.lists.invoice_filter import InvoiceFilter
from paymail.services.lists.overdue_age import Age
from paymail.services.lists.owed_counts import MOST, beyond, some, unmailed
from paymail.services.lists.payment_state import PaymentState

OPEN = InvoiceFilter(payment=(PaymentState.OWED,))
NOT_EMAILED = replace(OPEN, delivery=(Delivery.NOT_EMAILED,))
OVERDUE = InvoiceFilter(overdue=(Age.ANY,))
DELIVERY_PROBLEMS = replace(OPEN, delivery=PROBLEMS)


@dataclass(frozen=True, slots=True)
class ViewCount:
    """A view with a name, and how many invoices it has; None: not counted, since it may be all there are."""

    name: str
    wanted: InvoiceFilter
    count: int | None = None

    least: bool = False
    """Whether there may be more than `count`."""

    @property
    def words(self) -> str:
        """The count as people read it."""
        if self.count is None or (self.least and not self.count):
            return ""
        return f"{min(self.count, MOST):,}" + ("+" if self.least or self.count > MOST else "")


def counted(session: Session, *, now: datetime) -> list[ViewCount]:
    """Return the views that everybody has, with their counts: at most one more than MOST. Two statements."""
    late = overdue_age.in_age(Age.ANY, overdue_age.today_of(session, now))
    trouble = delivery_state.delivered_as(PROBLEMS)
    ours = within(session, ())
    counts = some(*ours), unmailed(*ours), some(*ours, late), some(*ours, trouble), beyond(*ours)
    owed, waits, overdue, problems, more = session.execute(select(*counts)).one()
    return [
        ViewCount("Open", OPEN, owed),
        ViewCount("Not emailed", NOT_EMAILED, waits, least=bool(more)),
        ViewCount("Overdue", OVERDUE, overdue),
        ViewCount("Delivery problems", DELIVERY_PROBLEMS, problems),
        ViewCount("All", InvoiceFilter()),
    ]
