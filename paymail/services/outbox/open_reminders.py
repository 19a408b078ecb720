"""Reminders and emails about plans that are not handed over yet: taking them back when overtaken."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import and_, select, update
from sqlalchemy.orm import Session

from paymail.models import OPEN_STATES, UNWRITTEN, Message, MessageKind, MessageState

_BEFORE_HANDOVER = (MessageState.SCHEDULED, MessageState.SENDING)


def suppress_open(
    session: Session,
    *,
    invoice_id: int,
    reason: str,
    now: datetime,
    kind: MessageKind = MessageKind.REMINDER,
) -> bool:
    """Suppress the invoice's emails of a kind that are not handed over; False if one is at the hand-over."""
    _take_back(session, invoice_id, kind, _suppressed(reason, now))
    at_handover = select(Message.message_id).where(
        Message.invoice_id == invoice_id,
        Message.kind == kind,
        Message.state == MessageState.HANDOVER,
    )
    return session.scalar(at_handover.limit(1)) is None


def suppress_all_open(
    session: Session, *, invoice_ids: Collection[int], reason: str, now: datetime
) -> set[int]:
    """Suppress the reminders of some locked invoices that are not handed over; return the invoices one of
    whose is at the hand-over or in a worker's hands this moment.

    Waits for nobody: whoever does this has the locks of many invoices.
    """
    of_them = (Message.invoice_id.in_(invoice_ids), Message.kind == MessageKind.REMINDER)
    open_ones = select(Message.message_id, Message.invoice_id).where(*of_them, Message.state.in_(OPEN_STATES))
    found = dict(session.execute(open_ones).all())
    if not found:
        return set()
    takeable = and_(Message.message_id.in_(found), Message.state.in_(_BEFORE_HANDOVER))
    free = select(Message.message_id).where(takeable).with_for_update(skip_locked=True, key_share=True)
    taken = set(session.scalars(free))
    session.execute(
        update(Message)
        .where(Message.message_id.in_(taken), Message.state.in_(_BEFORE_HANDOVER))
        .values(**_suppressed(reason, now), lease_until=None, fence=Message.fence + 1)
        .execution_options(synchronize_session=False)
    )
    return {invoice_id for message_id, invoice_id in found.items() if message_id not in taken}


def write_plans_afresh(session: Session, *, invoice_id: int) -> None:
    """Have an email about the plan that is not handed over written again: it names the next instalment."""
    afresh = {"state": MessageState.SCHEDULED, **UNWRITTEN}
    _take_back(session, invoice_id, MessageKind.PLAN, afresh)


def _suppressed(reason: str, now: datetime) -> dict[str, Any]:
    return {"state": MessageState.SUPPRESSED, "reason": reason, "held": False, "settled_at": now}


def _take_back(session: Session, invoice_id: int, kind: MessageKind, values: dict[str, Any]) -> None:
    """Change the open emails of a kind, and take them from a worker that has claimed them."""
    taken = (
        update(Message)
        .where(
            Message.invoice_id == invoice_id,
            Message.kind == kind,
            Message.state.in_(_BEFORE_HANDOVER),
        )
        .values({**values, "lease_until": None, "fence": Message.fence + 1})
    )
    session.execute(taken.execution_options(synchronize_session=False))
