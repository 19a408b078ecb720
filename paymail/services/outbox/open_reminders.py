"""Emails that are not handed over yet: taking them back, or writing them again, when overtaken."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, case, or_, select, update
from sqlalchemy.orm import Session

from paymail.emails import TO_STAFF
from paymail.models import DIGESTS, OPEN_STATES, Message, MessageKind, MessageState

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
    _take_back(session, invoice_id, Message.kind == kind, _suppressed(reason, now))
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


def write_open_afresh(session: Session, *, invoice_id: int) -> None:
    """Have the emails that are not handed over written again: what they say of money is not so any more.

    Some have bytes: of a worker that gave them back, or of a try that failed. Bytes that were handed over
    once stay, but for those of an email about the plan: it names the next instalment.
    """
    again = or_(Message.handed_over_at.is_(None), Message.kind == MessageKind.PLAN)
    afresh = {column.key: case((again, None), else_=column) for column in DIGESTS}
    _take_back(session, invoice_id, Message.kind.not_in(TO_STAFF), afresh | {"state": MessageState.SCHEDULED})


def _suppressed(reason: str, now: datetime) -> dict[str, Any]:
    return {"state": MessageState.SUPPRESSED, "reason": reason, "held": False, "settled_at": now}


def _take_back(session: Session, invoice_id: int, which: ColumnElement[bool], values: dict[str, Any]) -> None:
    """Change some of the open emails, and take them from a worker that has claimed them."""
    taken = (
        update(Message)
        .where(
            Message.invoice_id == invoice_id,
            which,
            Message.state.in_(_BEFORE_HANDOVER),
        )
        .values({**values, "lease_until": None, "fence": Message.fence + 1})
    )
    session.execute(taken.execution_options(synchronize_session=False))
