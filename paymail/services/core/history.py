"""The invoice's history."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from paymail.models import TimelineEvent

CUSTOMER = "customer"
SAMPLE = "sample"
"""Who makes the invoices that a first start comes with."""
"""The actor of what was done with a pay link: anybody who has it."""


def record(
    session: Session,
    *,
    invoice_id: int,
    kind: str,
    actor: str,
    now: datetime,
    detail: str = "",
    message_id: int | None = None,
    quotes_customer: bool = False,
) -> None:
    """Add one event. `detail` is for people and never holds a token or secret.

    With `quotes_customer` it holds what a customer wrote, and goes when their data is erased.
    """
    session.add(
        TimelineEvent(
            invoice_id=invoice_id,
            message_id=message_id,
            at=now,
            actor=actor,
            kind=kind,
            detail=detail,
            quotes_customer=quotes_customer,
        )
    )


def history(session: Session, *, invoice_id: int) -> list[TimelineEvent]:
    """Return the events of an invoice, oldest first."""
    statement = select(TimelineEvent).where(TimelineEvent.invoice_id == invoice_id)
    return list(session.scalars(statement.order_by(TimelineEvent.event_id)))
