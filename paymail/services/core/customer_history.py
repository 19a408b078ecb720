"""What staff changed of a customer, by whom."""

from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from paymail.models import Customer, CustomerChange


def record(
    session: Session, customer: Customer, field: str, values: tuple[str, str], actor: str, now: datetime
) -> None:
    """Keep that staff changed a fact of a customer from the first of `values` to the second, if they did."""
    old, new = values
    if old != new:
        change = CustomerChange(
            customer_id=customer.customer_id, at=now, actor=actor, field=field, old=old, new=new
        )
        session.add(change)


def changes_of(session: Session, *, customer_id: int, limit: int = 50) -> list[CustomerChange]:
    """Return what was changed of a customer and of those that were merged into it, newest first."""
    merged = select(Customer.customer_id).where(Customer.merged_into == customer_id)
    statement = select(CustomerChange).where(
        or_(CustomerChange.customer_id == customer_id, CustomerChange.customer_id.in_(merged))
    )
    return list(session.scalars(statement.order_by(CustomerChange.change_id.desc()).limit(limit)))
