"""Queued emails can be moved and withdrawn until the hand-over, and not a moment longer."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from paymail.models import MessageState
from paymail.services.delivery import deliveries, outcomes
from paymail.services.outbox import queue, reschedule
from paymail.services.outbox.reschedule import TooLate
from tests.services.bench import Bench


def move(bench: Bench, message_id: int, minutes: int | None) -> None:
    at = bench.clock + timedelta(minutes=minutes) if minutes is not None else None
    bench.change(
        lambda s: reschedule.reschedule_message(
            s, message_id=message_id, at=at, actor="staff", now=bench.clock
        )
    )


def test_a_message_is_moved_later_and_then_to_now(bench: Bench) -> None:
    message_id = bench.send()
    move(bench, message_id, 60)
    assert bench.turn() == 0
    move(bench, message_id, None)
    assert bench.turn() == 1
    assert bench.timeline().count("email_rescheduled") == 2


def test_a_worker_that_holds_it_loses_it(bench: Bench) -> None:
    message_id = bench.send()
    claims: list[queue.Claim] = []
    bench.change(lambda s: claims.extend(queue.claim(s, now=bench.clock, lease=bench.context.lease)))
    move(bench, message_id, 60)

    def late(session: Session) -> None:
        assert not outcomes.begin_handover(
            session, claim=claims[0], now=bench.clock, lease=bench.context.lease
        )

    bench.change(late)
    assert bench.message().state is MessageState.SCHEDULED
    bench.clock += timedelta(hours=1)
    assert bench.turn() == 1


def test_what_is_handed_over_cannot_be_moved_or_cancelled(bench: Bench) -> None:
    message_id = bench.send()
    deliveries.sweep(bench.context)
    with pytest.raises(TooLate):
        move(bench, message_id, 60)
    with pytest.raises(TooLate):
        bench.change(
            lambda s: reschedule.cancel_message(s, message_id=message_id, actor="x", now=bench.clock)
        )


def test_a_message_that_nobody_knows_is_said_so(bench: Bench) -> None:
    with pytest.raises(reschedule.NoSuchMessage):
        move(bench, 12345, 1)
