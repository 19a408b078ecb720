"""Reminders that are not handed over yet: taking them back when they are overtaken by events."""

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from paymail.models import Message, MessageKind, MessageState


def suppress_open(session: Session, *, invoice_id: int, reason: str, now: datetime) -> bool:
    """Suppress the invoice's reminders that are not handed over yet; False if one is at the hand-over."""
    session.execute(
        update(Message)
        .where(
            Message.invoice_id == invoice_id,
            Message.kind == MessageKind.REMINDER,
            Message.state.in_((MessageState.SCHEDULED, MessageState.SENDING)),
        )
        .values(
            state=MessageState.SUPPRESSED,
            reason=reason,
            settled_at=now,
            lease_until=None,
            fence=Message.fence + 1,
        )
        .execution_options(synchronize_session=False)
    )
    at_handover = select(Message.message_id).where(
        Message.invoice_id == invoice_id,
        Message.kind == MessageKind.REMINDER,
        Message.state == MessageState.HANDOVER,
    )
    return session.scalar(at_handover.limit(1)) is None
