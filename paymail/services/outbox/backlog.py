"""What waits too long or needs a person. `paymail doctor` reads it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from paymail.models import GatewayEvent, GatewayEventState, Message, MessageState, in_state
from paymail.services.outbox import gates

RECENT = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Outbox:
    """`oldest_due`: since when the oldest message could have gone; `closed`: gates that will open soon."""

    oldest_due: datetime | None
    closed: tuple[str, ...]
    unknown: int
    failed: int
    """In the last seven days; older ones were seen."""


@dataclass(frozen=True, slots=True)
class Events:
    """Events of the payment provider: since when the oldest waits, and how many were given up recently."""

    oldest_due: datetime | None
    dead: int


def oldest_due(session: Session, *, now: datetime) -> datetime | None:
    """Return since when the oldest message could have gone; None if none is due."""
    due = in_state(MessageState.SCHEDULED), Message.next_at <= now
    return session.scalar(select(func.min(Message.next_at)).where(*due))


def outbox(session: Session, *, now: datetime) -> Outbox:
    """Return the state of the outbox."""
    unknown = select(func.count()).where(in_state(MessageState.UNKNOWN))
    failed = select(func.count()).where(in_state(MessageState.FAILED), Message.settled_at >= now - RECENT)
    return Outbox(
        oldest_due=oldest_due(session, now=now),
        closed=tuple(
            sorted(key for key in gates.closed(session, now=now) if not key.startswith(gates.REFUSED))
        ),
        unknown=session.scalar(unknown) or 0,
        failed=session.scalar(failed) or 0,
    )


def events(session: Session, *, now: datetime) -> Events:
    """Return the state of the events received from the payment provider."""
    due = select(func.min(GatewayEvent.next_at)).where(
        GatewayEvent.state == GatewayEventState.RECEIVED, GatewayEvent.next_at <= now
    )
    dead = select(func.count()).where(
        GatewayEvent.state == GatewayEventState.DEAD, GatewayEvent.received_at >= now - RECENT
    )
    return Events(session.scalar(due), session.scalar(dead) or 0)
