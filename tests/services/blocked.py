"""Who waits for a lock on PostgreSQL: what a test of two transactions that meet must know, not guess."""

import time
from concurrent.futures import Future

import pytest
from sqlalchemy import Engine, text

_BLOCKED = text(
    "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
)


def wait_until_blocked(engine: Engine, other: Future[object]) -> None:
    """Return when somebody waits for a lock, or `other` has ended without waiting."""
    with engine.connect() as watch:
        for _ in range(1_000):
            if other.done() or watch.scalar(_BLOCKED):
                return
            watch.rollback()
            time.sleep(0.01)
    pytest.fail("nobody waits, and nobody has ended")
