"""Whose turn it is: each job of the reconciler is done by one process at a time, under a lease.

The lease saves work and calls to Stripe; nothing rests on it. Two runs at once do no harm, since all that
they write goes through the settlement.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from paymail.db import insert_once
from paymail.models import ReconcilerTurn

SETTLE, COMPARE = "settle", "compare"
LEASE = timedelta(minutes=5)
"""Longer than any single account's work between two renewals."""
Transaction = Callable[[], AbstractContextManager[Session]]


@dataclass(frozen=True, slots=True)
class Turn:
    """The right to do a job now."""

    job: str
    fence: int


@dataclass(frozen=True, slots=True)
class Ended:
    """How a turn ended. `failure` names what could not be asked; empty is success."""

    summary: str
    failure: str


def due(session: Session, *, job: str, now: datetime) -> bool:
    """Whether a job's time has come and nobody is at it."""
    row = session.get(ReconcilerTurn, job)
    return row is None or (row.next_at <= now and (row.lease_until is None or row.lease_until < now))


def claim(session: Session, *, job: str, now: datetime) -> Turn | None:
    """Take a due job; None if it is not due or another process has it."""
    _ensure(session, job, now)
    taken = (
        update(ReconcilerTurn)
        .where(
            ReconcilerTurn.job == job,
            ReconcilerTurn.next_at <= now,
            or_(ReconcilerTurn.lease_until.is_(None), ReconcilerTurn.lease_until < now),
        )
        .values(fence=ReconcilerTurn.fence + 1, lease_until=now + LEASE)
        .returning(ReconcilerTurn.fence)
        .execution_options(synchronize_session=False)
    )
    fence = session.scalar(taken)
    return None if fence is None else Turn(job, fence)


def renew(session: Session, *, turn: Turn, now: datetime) -> None:
    """Keep a turn for another lease, if it still is ours."""
    session.execute(
        update(ReconcilerTurn)
        .where(ReconcilerTurn.job == turn.job, ReconcilerTurn.fence == turn.fence)
        .values(lease_until=now + LEASE)
        .execution_options(synchronize_session=False)
    )


def end(session: Session, *, turn: Turn, ended: Ended, every: timedelta, now: datetime) -> None:
    """Give a turn back with its outcome, unless it ran out and another process has it."""
    mine = (ReconcilerTurn.job == turn.job, ReconcilerTurn.fence == turn.fence)
    _write(session, mine, ended, now, next_at=now + every, lease_until=None)


def note(session: Session, *, job: str, ended: Ended, now: datetime) -> None:
    """Write down the outcome of a run that staff asked for, outside of all turns."""
    _ensure(session, job, now)
    _write(session, (ReconcilerTurn.job == job,), ended, now)


def last(session: Session, *, job: str) -> ReconcilerTurn | None:
    """Return the job's row; None before its first turn."""
    return session.get(ReconcilerTurn, job)


def _ensure(session: Session, job: str, now: datetime) -> None:
    if session.scalar(select(ReconcilerTurn.job).where(ReconcilerTurn.job == job)) is None:
        values = {"job": job, "fence": 0, "next_at": now, "summary": "", "failure": ""}
        insert_once(session, ReconcilerTurn, values)


def _write(
    session: Session, where: tuple[object, ...], ended: Ended, now: datetime, **more: datetime | None
) -> None:
    session.execute(
        update(ReconcilerTurn)
        .where(*where)  # type: ignore[arg-type]  # conditions of the two callers above
        .values(ended_at=now, summary=ended.summary[:500], failure=ended.failure[:2000], **more)
        .execution_options(synchronize_session=False)
    )
