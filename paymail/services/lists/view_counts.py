"""How many invoices the views have that everybody sees. All of what is owed, which an index holds."""

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from paymail.models import Invoice
from paymail.services.lists import delivery_state, overdue_age
from paymail.services.lists.delivery_state import PROBLEMS, Delivery
from paymail.services.lists.invoice_filter import InvoiceFilter
from paymail.services.lists.overdue_age import Age
from paymail.services.lists.payment_state import OWED, PaymentState

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


def counted(session: Session, *, now: datetime) -> list[ViewCount]:
    """Return the views that everybody has, with their counts. Two statements."""
    today = overdue_age.today_of(session, now)
    late = overdue_age.in_age(Age.ANY, today)
    unmailed = delivery_state.delivered_as((Delivery.NOT_EMAILED,))
    trouble = delivery_state.delivered_as(PROBLEMS)
    columns = (func.sum(case((condition, 1), else_=0)) for condition in (unmailed, late, trouble))
    statement = select(func.count(), *columns).select_from(Invoice).join(Invoice.customer).where(OWED)
    open_, *others = session.execute(statement).one()
    counts = [int(count or 0) for count in others]
    return [
        ViewCount("Open", OPEN, open_),
        ViewCount("Not emailed", NOT_EMAILED, counts[0]),
        ViewCount("Overdue", OVERDUE, counts[1]),
        ViewCount("Delivery problems", DELIVERY_PROBLEMS, counts[2]),
        ViewCount("All", InvoiceFilter()),
    ]
