"""What a worker does with claims that it holds together: giving them back, keeping what was written."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, case, exists, literal, select, tuple_, update
from sqlalchemy.orm import Session

from paymail.models import Message, MessageState, in_state
from paymail.services.outbox import gates, queue
from paymail.services.outbox.queue import Claim


def give_back(session: Session, *, claims: Sequence[Claim]) -> None:
    """Put claims back that nobody has begun to hand over, as if they had not been taken.

    One that somebody else is changing at this moment is left to them, or to the end of its lease.
    """
    given_back = {"state": MessageState.SCHEDULED, "lease_until": None, "attempts": Message.attempts - 1}
    statement = update(Message).where(_mine(claims)).values(given_back)
    session.execute(statement.execution_options(synchronize_session=False))


def keep_written(
    session: Session, *, written: Mapping[Claim, Mapping[str, Any]], wait: bool = False
) -> set[int]:
    """Set columns of claimed messages; return the ids of those that are still held, and were changed.

    Without `wait` one that somebody else is changing counts as not held: of rows that are locked together,
    none may be waited for.
    """
    held = _mine(list(written), wait=wait)
    names = next(iter(written.values())).keys()
    values = {name: _by_id(name, written) for name in names}
    statement = update(Message).where(held).values(**values).returning(Message.message_id)
    return set(session.scalars(statement.execution_options(synchronize_session=False)))


def _by_id(name: str, written: Mapping[Claim, Mapping[str, Any]]) -> ColumnElement[Any]:
    kind = getattr(Message, name).type
    found = {claim.message_id: literal(columns[name], kind) for claim, columns in written.items()}
    return case(found, value=Message.message_id)


def _mine(claims: Sequence[Claim], *, wait: bool = False) -> ColumnElement[bool]:
    """Return the condition that a message is one of these claims, and is still being prepared under it."""
    ours = and_(
        in_state(MessageState.SENDING),
        tuple_(Message.message_id, Message.fence).in_([(one.message_id, one.fence) for one in claims]),
    )
    free = select(Message.message_id).where(ours).with_for_update(key_share=True, skip_locked=not wait)
    return and_(Message.message_id.in_(select(free.cte("free").c.message_id)), ours)


def urgent_waits(session: Session, *, now: datetime, shut: set[str]) -> bool:
    """Whether something urgent could go out now; `shut` are the gates that let nothing through."""
    due = in_state(MessageState.SCHEDULED), Message.urgent.is_(True), Message.next_at <= now, queue.KNOWN
    return bool(session.scalar(select(exists().where(*due, *gates.not_behind(shut)))))
