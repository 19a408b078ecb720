"""The outbox: no message lost, none handed over twice, every end recorded."""

from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from paymail import db
from paymail.models import DeliveryAttempt, InvoiceStatus, MessageState
from paymail.ports.mail import Outcome, Verdict
from paymail.ports.rendering import Letter, Written
from paymail.render.errors import RenderFailed
from paymail.services.delivery import deliveries, outcomes
from paymail.services.outbox import queue, reschedule
from paymail.services.reminders import planner
from paymail.services.sending import invoice_emails
from tests.factories import NOW, PlainWriter
from tests.services.bench import Bench


def test_a_queued_message_is_sent_once(bench: Bench) -> None:
    bench.send()
    assert deliveries.sweep(bench.context) == 1
    assert deliveries.sweep(bench.context) == 0
    assert bench.message().state is MessageState.SENT
    assert len(bench.mailer.delivered) == 1


def test_asking_twice_queues_one_message(bench: Bench) -> None:
    assert bench.send() == bench.send()
    deliveries.sweep(bench.context)
    assert bench.send() == bench.message().message_id
    assert deliveries.sweep(bench.context) == 0


def test_an_email_of_a_newer_release_waits_for_its_worker_and_does_not_stop_the_others(bench: Bench) -> None:
    bench.send()
    newer = "UPDATE messages SET kind = 'statement', dedupe_key = 'statement:502'"
    bench.change(lambda session: session.execute(text(newer)))
    bench.send()
    assert deliveries.sweep(bench.context) == 1
    with db.reading(bench.engine) as session:
        found = session.execute(text("SELECT kind, state FROM messages ORDER BY message_id")).all()
    assert found == [("statement", "scheduled"), ("invoice", "sent")]


def test_an_explicit_resend_is_a_second_message(bench: Bench) -> None:
    first = bench.send()
    deliveries.sweep(bench.context)
    assert bench.send(again=True) != first
    deliveries.sweep(bench.context)
    assert len(bench.mailer.delivered) == 2


def test_a_scheduled_message_waits_for_its_time(bench: Bench) -> None:
    bench.send(at=NOW + timedelta(hours=1))
    assert deliveries.sweep(bench.context) == 0
    bench.clock += timedelta(hours=1)
    assert deliveries.sweep(bench.context) == 1


def test_a_deferral_is_retried_with_the_same_bytes(bench: Bench) -> None:
    bench.mailer.outcomes = [Outcome(Verdict.DEFERRED, 451, "later", "dot"), Outcome(Verdict.SENT, 250)]
    bench.send()
    deliveries.sweep(bench.context)
    assert bench.message().state is MessageState.SCHEDULED
    assert bench.message().next_at > bench.clock
    bench.clock += timedelta(minutes=5)
    deliveries.sweep(bench.context)
    first, second = bench.mailer.delivered
    assert first == second
    assert bench.message().state is MessageState.SENT


def test_a_message_fails_visibly_after_its_attempts(bench: Bench) -> None:
    bench.mailer.outcomes = [Outcome(Verdict.DEFERRED, 451, "later", "RCPT")] * 5
    bench.send()
    for _ in range(5):
        deliveries.sweep(bench.context)
        bench.clock += timedelta(hours=2)
    assert bench.message().state is MessageState.FAILED
    assert "later" in bench.message().reason
    with db.reading(bench.engine) as session:
        assert len(session.scalars(select(DeliveryAttempt)).all()) == 3


def test_doubt_after_the_dot_is_unknown_and_never_resent(bench: Bench) -> None:
    bench.mailer.outcomes = [Outcome(Verdict.UNKNOWN, 0, "disconnected", "dot")]
    bench.send()
    deliveries.sweep(bench.context)
    bench.clock += timedelta(days=3)
    assert deliveries.sweep(bench.context) == 0
    assert bench.message().state is MessageState.UNKNOWN


def test_a_worker_that_vanished_before_the_dot_is_replaced(bench: Bench) -> None:
    bench.send()
    bench.change(lambda s: queue.claim(s, now=bench.clock, lease=bench.context.lease))
    assert deliveries.sweep(bench.context) == 0
    bench.clock += timedelta(seconds=121)
    assert deliveries.sweep(bench.context) == 1
    assert bench.message().state is MessageState.SENT


def test_a_worker_that_vanished_in_the_handover_leaves_unknown(bench: Bench) -> None:
    bench.send()

    def vanish(session: Session) -> None:
        (claim,) = queue.claim(session, now=bench.clock, lease=bench.context.lease)
        assert outcomes.begin_handover(session, claim=claim, now=bench.clock, lease=bench.context.lease)

    bench.change(vanish)
    bench.clock += timedelta(seconds=121)
    assert deliveries.sweep(bench.context) == 0
    assert bench.message().state is MessageState.UNKNOWN


def test_a_lease_that_ran_out_stops_the_slow_worker_before_the_dot(bench: Bench) -> None:
    bench.send()
    claims: list[queue.Claim] = []
    bench.change(lambda s: claims.extend(queue.claim(s, now=bench.clock, lease=bench.context.lease)))
    bench.clock += timedelta(seconds=121)
    deliveries.sweep(bench.context)
    with db.transaction(bench.engine) as session:
        assert not outcomes.begin_handover(
            session, claim=claims[0], now=bench.clock, lease=bench.context.lease
        )
    assert len(bench.mailer.delivered) == 1


def test_a_cancelled_message_is_not_handed_over(bench: Bench) -> None:
    message_id = bench.send(at=NOW + timedelta(hours=1))
    bench.change(lambda s: reschedule.cancel_message(s, message_id=message_id, actor="test", now=NOW))
    bench.clock += timedelta(hours=2)
    assert deliveries.sweep(bench.context) == 0
    with pytest.raises(reschedule.TooLate):
        bench.change(lambda s: reschedule.cancel_message(s, message_id=message_id, actor="test", now=NOW))


def test_a_void_invoice_is_suppressed_with_the_reason(bench: Bench) -> None:
    bench.send()

    def void(session: Session) -> None:
        from_db = invoice_emails.load_invoice(session, invoice_id=502)
        from_db.status = InvoiceStatus.VOID

    bench.change(void)
    deliveries.sweep(bench.context)
    assert bench.message().state is MessageState.SUPPRESSED
    assert bench.message().reason == "the invoice is void"
    assert bench.mailer.delivered == []


def test_a_letter_that_cannot_be_written_fails_with_the_reason_and_the_rest_go_on(bench: Bench) -> None:
    bench.add_invoice(503)
    object.__setattr__(bench.context, "writer", Spoiled(502))
    bench.send()
    bench.send_one(503)
    deliveries.sweep(bench.context)
    failed, sent = bench.messages()
    assert (failed.state, failed.reason) == (MessageState.FAILED, "invoice/body.html: no such filter")
    assert sent.state is MessageState.SENT


def test_a_calendar_that_broke_after_the_writing_fails_the_reminder_before_the_dot(bench: Bench) -> None:
    bench.at("2026-04-13T09:00")
    planner.plan_due(bench.context)

    def break_it(name: str) -> None:
        if name == "prepared":
            bench.change(lambda s: setattr(bench.issuer(s), "country", "XX"))

    object.__setattr__(bench.context, "failpoint", break_it)
    deliveries.sweep(bench.context)
    reminder = bench.messages("reminder")[-1]
    assert (reminder.state, bench.mailer.delivered) == (MessageState.FAILED, [])
    assert "public holidays are not available for XX" in reminder.reason


class Spoiled(PlainWriter):
    """Cannot write the letters of one invoice."""

    def __init__(self, invoice_id: int) -> None:
        self.number = str(invoice_id)

    def write(self, letter: Letter) -> Written:
        if getattr(letter.email, "invoice_number", "") == self.number:
            raise RenderFailed("invoice/body.html", "no such filter")
        return super().write(letter)
