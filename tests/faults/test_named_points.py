"""A worker that dies or stands still at each named point of a delivery: nothing lost, nothing twice.

The doorbell does not ring here, so that the sweep is a process's only deliverer: a process that is frozen
with another thread in a transaction holds its rows for a minute, until the server ends its session.
"""

from paymail.models import MessageState
from tests.faults.checker import check, describe
from tests.faults.crew import Hand
from tests.faults.failpoints import KILLED, POINTS
from tests.faults.office import Office, until

FRESH = {point: range(3 * nth + 1, 3 * nth + 4) for nth, point in enumerate(POINTS)}
"""Invoices for the worker of each point: what another has claimed may be written already."""


def test_workers_that_die_at_every_named_point_lose_and_repeat_nothing(office: Office) -> None:
    for point, numbers in FRESH.items():
        office.driver.queue(numbers, ring=False)
        assert office.worker(f"die@{point}#1", concurrency=1).exit_code() == KILLED, point
    office.worker()
    office.until_all_ended()
    evidence = office.evidence()
    assert not (found := check(evidence)), describe(found)
    accepted = {dot["message_id"] for dot in office.dots() if dot["accepted"]}
    doubtful = {row.header_id for row in evidence.messages if row.state is MessageState.UNKNOWN}
    assert doubtful & accepted, "the one that died with the server's answer"
    assert doubtful - accepted, "the one that died before the dot"


def test_workers_that_stood_still_past_their_lease_repeat_nothing_when_they_go_on(office: Office) -> None:
    frozen: list[Hand] = []
    for point, numbers in FRESH.items():
        office.driver.queue(numbers, ring=False)
        frozen.append(office.worker(f"stop@{point}#1", concurrency=1))
        until(lambda: frozen[-1].paused, 60, office.states)
    helper = office.worker()
    office.until_all_ended()
    assert office.states()[MessageState.UNKNOWN] >= 2
    helper.kill()
    for hand in frozen:
        hand.resume()
    office.driver.queue(range(101, 121), ring=False)  # they get on with it, so they are past where they stood
    # Each comes back with the server's answer, or with the proof that the dot was never sent.
    until(lambda: set(office.states()) == {MessageState.SENT}, 60, office.states)
    assert not (found := check(office.evidence())), describe(found)
