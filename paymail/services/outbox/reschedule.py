"""Changing what is queued: another time, or not at all, until the hand-over."""

from datetime import datetime

from sqlalchemy.orm import Session

from paymail.emails import TO_STAFF
from paymail.errors import Conflict, NotFound
from paymail.models import Message, MessageState
from paymail.services.core import history
from paymail.services.outbox import queue


class NoSuchMessage(NotFound):
    """No message has this id."""

    code = "no_such_message"


class TooLate(Conflict):
    """The message is being handed over, or is finished."""

    code = "too_late"


class ForStaff(Conflict):
    """A notice to staff: a stolen key or login is not to keep from them what is done with it."""

    code = "for_staff"


_BEFORE_HANDOVER = (MessageState.SCHEDULED, MessageState.SENDING)


def cancel_message(session: Session, *, message_id: int, actor: str, now: datetime) -> None:
    """Withdraw a message before its handover. Raises NoSuchMessage, ForStaff, TooLate."""
    message = _message(session, message_id)
    withdrawn = queue.move(
        session,
        message_id=message_id,
        under=message.fence,
        sources=_BEFORE_HANDOVER,
        target=MessageState.CANCELLED,
        fence=message.fence + 1,
        reason=f"cancelled by {actor}",
        settled_at=now,
        lease_until=None,
    )
    if not withdrawn:
        raise TooLate(f"message {message_id} is {message.state} and can no longer be cancelled")
    _note(session, message, "email_cancelled", actor, "", now)


def reschedule_message(
    session: Session, *, message_id: int, at: datetime | None, actor: str, now: datetime
) -> None:
    """Move a message to `at` (UTC; None is now) before its handover; it is written afresh then,
    unless an earlier try was handed over.

    Raises NoSuchMessage, ForStaff, TooLate.
    """
    message = _message(session, message_id)
    moved = queue.move(
        session,
        message_id=message_id,
        under=message.fence,
        sources=_BEFORE_HANDOVER,
        target=MessageState.SCHEDULED,
        fence=message.fence + 1,
        next_at=at or now,
        reason="",
        lease_until=None,
        give_up_at=None,
        **queue.write_afresh(),
    )
    if not moved:
        raise TooLate(f"message {message_id} is {message.state} and can no longer be rescheduled")
    if at is None or at <= now:
        session.info.setdefault(queue.RINGS, []).append(message_id)
    _note(session, message, "email_rescheduled", actor, (at or now).isoformat(timespec="minutes"), now)


def _message(session: Session, message_id: int) -> Message:
    message = session.get(Message, message_id)
    if message is None:
        raise NoSuchMessage(f"message {message_id} not found")
    if message.kind in TO_STAFF:
        raise ForStaff(f"message {message_id} is for staff, so it cannot be cancelled or moved")
    return message


def _note(session: Session, message: Message, kind: str, actor: str, detail: str, now: datetime) -> None:
    history.record(
        session,
        invoice_id=message.invoice_id,
        kind=kind,
        actor=actor,
        now=now,
        detail=f"{message.kind}: {detail}" if detail else message.kind,
        message_id=message.message_id,
    )
