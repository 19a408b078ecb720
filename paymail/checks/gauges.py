"""What the database says about the work, for Prometheus: asked when somebody scrapes, and cheaply."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from threading import Lock

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import ColumnElement, func, select, text, true
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import InstrumentedAttribute, Session

from paymail.models import Message, MessageState, PaymentAttempt, Refund, in_state
from paymail.services.outbox import backlog, heartbeats
from paymail.services.reconciliation import drift_store
from paymail.wiring import App

KEPT = 10.0
"""Seconds for which an answer is given again: several scrapers cost no more than one."""
LONGEST = 2.0
"""Seconds that the queries may take: each of them on PostgreSQL, all together on SQLite."""
_STEPS = 10_000
"""Instructions of SQLite's between two looks at the clock: well below a millisecond."""


class DatabaseGauges(Collector):
    """Gauges of one database. If it does not answer in time, `paymail_database_up` is 0 and stands alone."""

    def __init__(self, app: App, *, kept: float = KEPT) -> None:
        self._app = app
        self._kept = kept
        self._lock = Lock()
        self._asked_at = float("-inf")
        self._answer: list[Metric] = []

    def collect(self) -> list[Metric]:
        """Return the gauges."""
        with self._lock:
            if time.monotonic() - self._asked_at >= self._kept:
                self._answer = self._ask()
                self._asked_at = time.monotonic()
            return self._answer

    def describe(self) -> list[Metric]:
        """Return nothing: being registered must not ask the database."""
        return []

    def _ask(self) -> list[Metric]:
        now = self._app.now()
        try:
            with self._app.reading() as session, bounded(session, LONGEST):
                found = list(gauges(session, now=now))
            return [_gauge("database_up", "Whether the database answers in time.", 1), *found]
        except SQLAlchemyError:
            return [_gauge("database_up", "Whether the database answers in time.", 0)]
        finally:
            # A worker that forks another process must not hand it an open connection.
            self._app.engine.dispose()


@contextmanager
def bounded(session: Session, seconds: float) -> Iterator[None]:
    """End what takes longer than `seconds` with an SQLAlchemyError, on both databases."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text(f"SET LOCAL statement_timeout = {int(seconds * 1000)}"))
        yield
        return
    driver = session.connection().connection.dbapi_connection
    assert isinstance(driver, sqlite3.Connection)  # noqa: S101 - the only other database
    ends = time.monotonic() + seconds
    # SQLite has no time limit, but asks this every so many steps whether to go on.
    driver.set_progress_handler(lambda: time.monotonic() > ends, _STEPS)
    try:
        yield
    finally:
        driver.set_progress_handler(None, 0)


def gauges(session: Session, *, now: datetime) -> Iterator[Metric]:
    """Yield the gauges; ages are in seconds, 0 when nothing waits."""
    due, events = backlog.oldest_due(session, now=now), backlog.events(session, now=now)
    pulse = heartbeats.pulse(session, since=now - heartbeats.ALIVE)
    yield _gauge("oldest_due_message_seconds", "Age of the oldest due message.", _age(due, now))
    yield _gauge("oldest_due_event_seconds", "Age of the oldest due event.", _age(events.oldest_due, now))
    yield _gauge("dead_events", "Events of the last 7 days that could not be processed.", events.dead)
    queued = MessageState.SCHEDULED
    others = in_state(*(state for state in MessageState if state is not queued))
    yield _counts(session, "messages", "Messages by state.", Message.state, in_state(queued), others)
    yield _counts(session, "payment_attempts", "Payment attempts by status.", PaymentAttempt.status)
    yield _counts(session, "refunds", "Refunds by status.", Refund.status)
    open_drifts = drift_store.count_open(session)
    yield _gauge("open_drifts", "Open differences between paymail and Stripe.", open_drifts)
    yield _gauge("workers_alive", "Worker processes with a recent heartbeat.", pulse.alive)
    yield _gauge("last_heartbeat_seconds", "Age of the newest heartbeat.", _age(pulse.newest, now))


def _age(since: datetime | None, now: datetime) -> float:
    return max((now - since).total_seconds(), 0.0) if since is not None else 0.0


def _gauge(name: str, told: str, value: float) -> Metric:
    return GaugeMetricFamily(f"paymail_{name}", told, value=value)


def _counts(
    session: Session,
    name: str,
    told: str,
    column: InstrumentedAttribute[object],
    *parts: ColumnElement[bool],
) -> Metric:
    """Return how many rows have each value; where `parts` are given, of each of these parts by itself."""
    family = GaugeMetricFamily(f"paymail_{name}", told, labels=[column.key])
    for part in parts or (true(),):
        for value, count in session.execute(select(column, func.count()).where(part).group_by(column)):
            family.add_metric([str(value)], count)
    return family
