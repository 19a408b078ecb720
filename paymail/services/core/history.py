"""The invoice's history."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import insert, select
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


@dataclass(frozen=True, slots=True)
class Event:
    """One event of an invoice that is recorded with others; see `record`."""

    invoice_id: int
    kind: str
    detail: str
    message_id: int | None = None


def record_all(session: Session, events: Sequence[Event], *, actor: str, now: datetime) -> None:
    """Add events of several invoices by one statement, after what the session has not written yet."""
    if not events:
        return
    session.flush()
    rows = [{"actor": actor, "at": now, **asdict(event), "quotes_customer": False} for event in events]
    session.execute(insert(TimelineEvent), rows)


def history(session: Session, *, invoice_id: int) -> list[TimelineEvent]:
    """Return the events of an invoice, oldest first."""
    statement = select(TimelineEvent).where(TimelineEvent.invoice_id == invoice_id)
    return list(session.scalars(statement.order_by(TimelineEvent.event_id)))
