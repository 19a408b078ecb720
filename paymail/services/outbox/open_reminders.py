"""Reminders and emails about plans that are not handed over yet: taking them back when overtaken."""

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from paymail.models import Message, MessageKind, MessageState


def suppress_open(
    session: Session,
    *,
    invoice_id: int,
    reason: str,
    now: datetime,
    kind: MessageKind = MessageKind.REMINDER,
) -> bool:
    """Suppress the invoice's emails of a kind that are not handed over; False if one is at the hand-over."""
    session.execute(
        update(Message)
        .where(
            Message.invoice_id == invoice_id,
            Message.kind == kind,
            Message.state.in_((MessageState.SCHEDULED, MessageState.SENDING)),
        )
        .values(
            state=MessageState.SUPPRESSED,
            reason=reason,
            held=False,
            settled_at=now,
            lease_until=None,
            fence=Message.fence + 1,
        )
        .execution_options(synchronize_session=False)
    )
    at_handover = select(Message.message_id).where(
        Message.invoice_id == invoice_id,
        Message.kind == kind,
        Message.state == MessageState.HANDOVER,
    )
    return session.scalar(at_handover.limit(1)) is None
