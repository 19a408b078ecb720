"""Heartbeats: one row a process, forgotten after a day."""

from datetime import timedelta

from sqlalchemy import Engine, select

from paymail import db
from paymail.models import Heartbeat
from paymail.services.outbox import heartbeats
from tests.factories import NOW


def beat(engine: Engine, worker: str, *, ago: timedelta) -> None:
    with db.transaction(engine) as session:
        heartbeats.beat(session, worker=worker, now=NOW - ago)


def workers(engine: Engine) -> list[str]:
    with db.reading(engine) as session:
        return list(session.scalars(select(Heartbeat.worker).order_by(Heartbeat.worker)))


def test_a_process_has_one_row_that_says_when_it_was_last_seen(engine: Engine) -> None:
    for seconds in (30, 20, 10):
        beat(engine, "host:1", ago=timedelta(seconds=seconds))
    beat(engine, "host:2", ago=timedelta(minutes=5))
    assert workers(engine) == ["host:1", "host:2"]
    with db.reading(engine) as session:
        found = heartbeats.pulse(session, since=NOW - timedelta(minutes=1))
    assert (found.alive, found.newest) == (1, NOW - timedelta(seconds=10))


def test_processes_not_seen_for_a_day_are_forgotten_when_a_new_one_comes(engine: Engine) -> None:
    beat(engine, "host:old", ago=timedelta(days=1, seconds=1))
    beat(engine, "host:young", ago=timedelta(hours=23))
    beat(engine, "host:new", ago=timedelta())
    assert workers(engine) == ["host:new", "host:young"]


def test_nobody_was_ever_seen_in_an_empty_database(engine: Engine) -> None:
    with db.reading(engine) as session:
        assert heartbeats.pulse(session, since=NOW) == heartbeats.Pulse(0, None)
