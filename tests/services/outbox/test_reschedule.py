"""Queued emails can be moved and withdrawn until the hand-over, and not a moment longer."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from paymail.models import MessageState
from paymail.services.delivery import deliveries, handover
from paymail.services.outbox import notices, queue, reschedule
from paymail.services.outbox.reschedule import ForStaff, TooLate
from tests.services.emailed_invoice import EmailedInvoice


def move(emailed: EmailedInvoice, message_id: int, minutes: int | None) -> None:
    at = emailed.clock + timedelta(minutes=minutes) if minutes is not None else None
    emailed.change(
        lambda s: reschedule.reschedule_message(
            s, message_id=message_id, at=at, actor="staff", now=emailed.clock
        )
    )


def test_a_message_is_moved_later_and_then_to_now(emailed: EmailedInvoice) -> None:
    message_id = emailed.send()
    move(emailed, message_id, 60)
    assert emailed.turn() == 0
    move(emailed, message_id, None)
    assert emailed.turn() == 1
    assert emailed.timeline().count("email_rescheduled") == 2


def test_a_worker_that_holds_it_loses_it(emailed: EmailedInvoice) -> None:
    message_id = emailed.send()
    claims: list[queue.Claim] = []
    emailed.change(lambda s: claims.extend(queue.claim(s, now=emailed.clock, lease=emailed.context.lease)))
    move(emailed, message_id, 60)

    def late(session: Session) -> None:
        assert not handover.begin_handover(
            session, claim=claims[0], now=emailed.clock, lease=emailed.context.lease
        )

    emailed.change(late)
    assert emailed.message().state is MessageState.SCHEDULED
    emailed.clock += timedelta(hours=1)
    assert emailed.turn() == 1


def test_what_is_handed_over_cannot_be_moved_or_cancelled(emailed: EmailedInvoice) -> None:
    message_id = emailed.send()
    deliveries.sweep(emailed.context)
    with pytest.raises(TooLate):
        move(emailed, message_id, 60)
    with pytest.raises(TooLate):
        emailed.change(
            lambda s: reschedule.cancel_message(s, message_id=message_id, actor="x", now=emailed.clock)
        )


def test_a_message_that_nobody_knows_is_said_so(emailed: EmailedInvoice) -> None:
    with pytest.raises(reschedule.NoSuchMessage):
        move(emailed, 12345, 1)


def test_a_notice_to_staff_is_neither_cancelled_nor_moved(emailed: EmailedInvoice) -> None:
    emailed.change(lambda s: tell(s, emailed))
    notice = emailed.message().message_id
    with pytest.raises(ForStaff):
        move(emailed, notice, 60)
    with pytest.raises(ForStaff):
        emailed.change(
            lambda s: reschedule.cancel_message(s, message_id=notice, actor="thief", now=emailed.clock)
        )
    assert emailed.turn() == 1


def tell(session: Session, emailed: EmailedInvoice) -> None:
    notices.tell_staff(
        session, invoice_id=502, about="test", key=1, headline="Look", detail="", now=emailed.clock
    )
