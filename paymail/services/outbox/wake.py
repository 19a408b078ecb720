"""Messages that wait for a hold to end, and waking them when it has."""

from datetime import datetime

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session

from paymail.models import Invoice, Message, MessageState
from paymail.services.outbox.queue import RINGS


def wake_held(session: Session, *, invoice_id: int, now: datetime) -> None:
    """Have the messages of an invoice that wait for a hold ask again now: one has ended."""
    _wake(session, Message.invoice_id == invoice_id, now)


def wake_held_of(session: Session, *, customer_id: int, now: datetime) -> None:
    """Have the messages of all invoices of a customer that wait for a hold ask again now."""
    mine = select(Invoice.invoice_id).where(Invoice.customer_id == customer_id)
    _wake(session, Message.invoice_id.in_(mine), now)


def _wake(session: Session, which: ColumnElement[bool], now: datetime) -> None:
    woken = (
        update(Message)
        .where(which, Message.state == MessageState.SCHEDULED, Message.held.is_(True))
        .values(next_at=now)
        .returning(Message.message_id)
        .execution_options(synchronize_session=False)
    )
    session.info.setdefault(RINGS, []).extend(session.scalars(woken))
