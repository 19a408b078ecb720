"""Messages that wait for a hold to end, and waking them when it has."""

from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from paymail.models import Message, MessageState
from paymail.services.outbox.queue import RINGS


def wake_held(session: Session, *, invoice_id: int, now: datetime) -> None:
    """Have the messages of an invoice that wait for a hold ask again now: one has ended."""
    woken = (
        update(Message)
        .where(
            Message.invoice_id == invoice_id,
            Message.state == MessageState.SCHEDULED,
            Message.held.is_(True),
        )
        .values(next_at=now)
        .returning(Message.message_id)
        .execution_options(synchronize_session=False)
    )
    session.info.setdefault(RINGS, []).extend(session.scalars(woken))
