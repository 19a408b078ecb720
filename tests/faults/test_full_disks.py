"""A disk that is full, or a database file that somebody else has locked: work waits, and is not lost.

RLIMIT_FSIZE stands in for the full disk, since it needs no privilege and can be set from outside while the
worker runs: every write beyond the limit fails, in the database, its log, the mailbox and the output.
"""

import resource
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select

from paymail.models import DeliveryAttempt, MessageState
from tests.brokers import OwnRedis
from tests.faults.checker import check, describe
from tests.faults.crew import Hand
from tests.faults.mailbox import handed_to_mailbox
from tests.faults.office import Office, open_office, until
from tests.postgres import Cluster

HELD = 4.0
"""Seconds for which another process holds SQLite's write lock here; `make faults` holds it for 20."""


def fill_disk(hand: Hand) -> None:
    resource.prlimit(hand.pid, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))


def empty_disk(hand: Hand) -> None:
    resource.prlimit(hand.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


def test_a_worker_whose_disk_is_full_goes_on_when_there_is_room(sqlite_office: Office) -> None:
    office = sqlite_office
    office.driver.queue(range(1, 21))
    hand = office.worker()
    office.until_handed(5)
    fill_disk(hand)
    office.driver.queue(range(101, 121))
    until(lambda: office.still(1.5), tell=office.states)
    assert office.states().get(MessageState.SCHEDULED), "the disk was not full enough to matter"
    empty_disk(hand)
    office.until_all_ended()
    assert hand.alive
    assert not (found := check(office.evidence())), describe(found)


@pytest.fixture
def mailbox_office(postgres: Cluster, own_redis: OwnRedis, tmp_path: Path) -> Iterator[Office]:
    name = f"t{time.time_ns()}"
    url = postgres.create(name, template="template_paymail")
    with open_office(tmp_path / "office", url, own_redis.url, transport="mailbox") as found:
        yield found
    postgres.drop(name)


def test_a_mailbox_on_a_full_disk_takes_the_mail_later(mailbox_office: Office) -> None:
    office = mailbox_office
    office.driver.queue([1])
    hand = office.worker()
    office.until_all_ended()
    fill_disk(hand)
    office.driver.queue(range(2, 12))
    # One refusal shuts the relay for all, so how many of the ten are tried meanwhile is left to chance.
    until(lambda: tries(office) >= 3, tell=office.states)
    states = office.states()
    # One may be under way at this moment.
    waiting = states.get(MessageState.SCHEDULED, 0) + states.get(MessageState.SENDING, 0)
    assert (states[MessageState.SENT], waiting) == (1, 10)
    empty_disk(hand)
    office.until_all_ended()
    assert office.states() == {MessageState.SENT: 11}
    handed_to_mailbox(office)
    assert not (found := check(office.evidence())), describe(found)


def tries(office: Office) -> int:
    with office.app.reading() as session:
        return session.scalar(select(func.count()).select_from(DeliveryAttempt)) or 0


def test_a_lock_that_is_held_for_long_delays_and_loses_nothing(sqlite_office: Office) -> None:
    hold_lock(sqlite_office, HELD)


def hold_lock(office: Office, seconds: float) -> None:
    """Hold SQLite's write lock from another connection while mail is under way."""
    hand = office.worker()
    office.driver.queue(range(1, 21))
    office.until_handed(3)
    file = str(office.app.engine.url.database)
    with sqlite3.connect(file, isolation_level=None, timeout=30) as intruder:
        intruder.execute("BEGIN IMMEDIATE")
        started = time.monotonic()
        until(lambda: time.monotonic() - started > seconds, seconds + 5)
        intruder.execute("ROLLBACK")
    intruder.close()
    office.driver.queue(range(101, 111))
    office.until_all_ended()
    assert hand.alive
    assert not (found := check(office.evidence())), describe(found)
