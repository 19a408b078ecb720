"""Reminders and emails about plans that are not handed over yet: taking them back when overtaken."""

from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from paymail.models import UNWRITTEN, Message, MessageKind, MessageState


def suppress_open(
    session: Session,
    *,
    invoice_id: int,
    reason: str,
    now: datetime,
    kind: MessageKind = MessageKind.REMINDER,
) -> bool:
    """Suppress the invoice's emails of a kind that are not handed over; False if one is at the hand-over."""
    ended = {"state": MessageState.SUPPRESSED, "reason": reason, "held": False, "settled_at": now}
    _take_back(session, invoice_id, kind, ended)
    at_handover = select(Message.message_id).where(
        Message.invoice_id == invoice_id,
        Message.kind == kind,
        Message.state == MessageState.HANDOVER,
    )
    return session.scalar(at_handover.limit(1)) is None


def write_plans_afresh(session: Session, *, invoice_id: int) -> None:
    """Have an email about the plan that is not handed over written again: it names the next instalment."""
    afresh = {"state": MessageState.SCHEDULED, **UNWRITTEN}
    _take_back(session, invoice_id, MessageKind.PLAN, afresh)


def _take_back(session: Session, invoice_id: int, kind: MessageKind, values: dict[str, Any]) -> None:
    """Change the open emails of a kind, and take them from a worker that has claimed them."""
    taken = (
        update(Message)
        .where(
            Message.invoice_id == invoice_id,
            Message.kind == kind,
            Message.state.in_((MessageState.SCHEDULED, MessageState.SENDING)),
        )
        .values({**values, "lease_until": None, "fence": Message.fence + 1})
    )
    session.execute(taken.execution_options(synchronize_session=False))
