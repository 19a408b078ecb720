"""Signs of life of the processes that sweep. `paymail doctor` reads them."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import CursorResult, delete, func, select, true, update
from sqlalchemy.orm import Session

from paymail.db import insert_once
from paymail.models import Heartbeat

KEPT = timedelta(days=1)
ALIVE = timedelta(seconds=60)
"""A heartbeat comes every ten seconds; after so long without one a process is dead, or stuck."""


@dataclass(frozen=True, slots=True)
class Pulse:
    """How many processes were seen since the asked time, and when the last one was."""

    alive: int
    newest: datetime | None


def beat(session: Session, *, worker: str, now: datetime) -> None:
    """Note that `worker` (host:pid) works, and forget those not seen for a day."""
    seen = session.execute(
        update(Heartbeat)
        .where(Heartbeat.worker == worker)
        .values(seen_at=now)
        .execution_options(synchronize_session=False)
    )
    assert isinstance(seen, CursorResult)  # noqa: S101 - an UPDATE always gives one; this tells mypy
    if seen.rowcount == 0:
        insert_once(session, Heartbeat, {"worker": worker, "seen_at": now})
        # Only when a process is new: rows come no faster than they go.
        session.execute(
            delete(Heartbeat)
            .where(Heartbeat.seen_at < now - KEPT)
            .execution_options(synchronize_session=False)
        )


def pulse(session: Session, *, since: datetime, host: str = "") -> Pulse:
    """Return how many processes, of all hosts or of `host`, were seen since then, and the last one ever."""
    ours = Heartbeat.worker.startswith(f"{host}:", autoescape=True) if host else true()
    newest = session.scalar(select(func.max(Heartbeat.seen_at)).where(ours))
    alive = select(func.count()).select_from(Heartbeat).where(ours, Heartbeat.seen_at >= since)
    return Pulse(session.scalar(alive) or 0, newest)
