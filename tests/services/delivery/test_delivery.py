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
from paymail.services.delivery import deliveries, handover, outcomes
from paymail.services.delivery.outcomes import RetryPolicy
from paymail.services.outbox import queue, reschedule
from paymail.services.reminders import planner
from paymail.services.sending import invoice_emails
from tests.factories import NOW, PlainWriter
from tests.services.emailed_invoice import EmailedInvoice


def test_a_queued_message_is_sent_once(emailed: EmailedInvoice) -> None:
    emailed.send()
    assert deliveries.sweep(emailed.context) == 1
    assert deliveries.sweep(emailed.context) == 0
    assert emailed.message().state is MessageState.SENT
    assert len(emailed.mailer.delivered) == 1


def test_asking_twice_queues_one_message(emailed: EmailedInvoice) -> None:
    assert emailed.send() == emailed.send()
    deliveries.sweep(emailed.context)
    assert emailed.send() == emailed.message().message_id
    assert deliveries.sweep(emailed.context) == 0


def test_an_email_of_a_newer_release_waits_for_its_worker_and_does_not_stop_the_others(
    emailed: EmailedInvoice,
) -> None:
    emailed.send()
    newer = "UPDATE messages SET kind = 'greeting', dedupe_key = 'greeting:502'"
    emailed.change(lambda session: session.execute(text(newer)))
    emailed.send()
    assert deliveries.sweep(emailed.context) == 1
    with db.reading(emailed.engine) as session:
        found = session.execute(text("SELECT kind, state FROM messages ORDER BY message_id")).all()
    assert found == [("greeting", "scheduled"), ("invoice", "sent")]


def test_an_explicit_resend_is_a_second_message(emailed: EmailedInvoice) -> None:
    first = emailed.send()
    deliveries.sweep(emailed.context)
    assert emailed.send(again=True) != first
    deliveries.sweep(emailed.context)
    assert len(emailed.mailer.delivered) == 2


def test_a_scheduled_message_waits_for_its_time(emailed: EmailedInvoice) -> None:
    emailed.send(at=NOW + timedelta(hours=1))
    assert deliveries.sweep(emailed.context) == 0
    emailed.clock += timedelta(hours=1)
    assert deliveries.sweep(emailed.context) == 1


def test_a_deferral_is_retried_with_the_same_bytes(emailed: EmailedInvoice) -> None:
    emailed.mailer.outcomes = [Outcome(Verdict.DEFERRED, 451, "later", "dot"), Outcome(Verdict.SENT, 250)]
    emailed.send()
    deliveries.sweep(emailed.context)
    assert emailed.message().state is MessageState.SCHEDULED
    assert emailed.message().next_at > emailed.clock
    emailed.clock += timedelta(minutes=5)
    deliveries.sweep(emailed.context)
    first, second = emailed.mailer.delivered
    assert first == second
    assert emailed.message().state is MessageState.SENT


def test_a_message_fails_visibly_after_its_attempts(emailed: EmailedInvoice) -> None:
    emailed.mailer.outcomes = [Outcome(Verdict.DEFERRED, 451, "later", "RCPT")] * 5
    emailed.send()
    for _ in range(5):
        deliveries.sweep(emailed.context)
        emailed.clock += timedelta(hours=2)
    assert emailed.message().state is MessageState.FAILED
    assert "later" in emailed.message().reason
    with db.reading(emailed.engine) as session:
        assert len(session.scalars(select(DeliveryAttempt)).all()) == 3


def test_doubt_after_the_dot_is_unknown_and_never_resent(emailed: EmailedInvoice) -> None:
    emailed.mailer.outcomes = [Outcome(Verdict.UNKNOWN, 0, "disconnected", "dot")]
    emailed.send()
    deliveries.sweep(emailed.context)
    emailed.clock += timedelta(days=3)
    assert deliveries.sweep(emailed.context) == 0
    assert emailed.message().state is MessageState.UNKNOWN


def test_a_worker_that_vanished_before_the_dot_is_replaced(emailed: EmailedInvoice) -> None:
    emailed.send()
    emailed.change(lambda s: queue.claim(s, now=emailed.clock, lease=emailed.context.lease))
    assert deliveries.sweep(emailed.context) == 0
    emailed.clock += timedelta(seconds=121)
    assert deliveries.sweep(emailed.context) == 1
    assert emailed.message().state is MessageState.SENT


def test_a_worker_that_vanished_in_the_handover_leaves_unknown(emailed: EmailedInvoice) -> None:
    emailed.send()

    def vanish(session: Session) -> None:
        (claim,) = queue.claim(session, now=emailed.clock, lease=emailed.context.lease)
        assert handover.begin_handover(session, claim=claim, now=emailed.clock, lease=emailed.context.lease)

    emailed.change(vanish)
    emailed.clock += timedelta(seconds=121)
    assert deliveries.sweep(emailed.context) == 0
    assert emailed.message().state is MessageState.UNKNOWN


def test_a_worker_that_comes_back_without_having_sent_the_dot_puts_an_unknown_message_back(
    emailed: EmailedInvoice,
) -> None:
    emailed.send()
    lease, retries = emailed.context.lease, RetryPolicy(5, timedelta(days=1))
    claims: list[queue.Claim] = []

    def stand_still(session: Session) -> None:
        claims.extend(queue.claim(session, now=emailed.clock, lease=lease))
        assert handover.begin_handover(session, claim=claims[0], now=emailed.clock, lease=lease)

    def come_back(session: Session) -> None:
        stalled = Outcome(Verdict.DEFERRED, detail="the process stalled", phase="handover")
        outcomes.finish(session, claim=claims[0], outcome=stalled, now=emailed.clock, retries=retries)

    emailed.change(stand_still)
    emailed.clock += timedelta(seconds=121)
    deliveries.sweep(emailed.context)
    assert emailed.message().state is MessageState.UNKNOWN
    emailed.change(come_back)
    emailed.clock += timedelta(seconds=60)
    assert deliveries.sweep(emailed.context) == 1
    assert emailed.message().state is MessageState.SENT
    assert len(emailed.mailer.delivered) == 1


def test_a_lease_that_ran_out_stops_the_slow_worker_before_the_dot(emailed: EmailedInvoice) -> None:
    emailed.send()
    claims: list[queue.Claim] = []
    emailed.change(lambda s: claims.extend(queue.claim(s, now=emailed.clock, lease=emailed.context.lease)))
    emailed.clock += timedelta(seconds=121)
    deliveries.sweep(emailed.context)
    with db.transaction(emailed.engine) as session:
        assert not handover.begin_handover(
            session, claim=claims[0], now=emailed.clock, lease=emailed.context.lease
        )
    assert len(emailed.mailer.delivered) == 1


def test_a_cancelled_message_is_not_handed_over(emailed: EmailedInvoice) -> None:
    message_id = emailed.send(at=NOW + timedelta(hours=1))
    emailed.change(lambda s: reschedule.cancel_message(s, message_id=message_id, actor="test", now=NOW))
    emailed.clock += timedelta(hours=2)
    assert deliveries.sweep(emailed.context) == 0
    with pytest.raises(reschedule.TooLate):
        emailed.change(lambda s: reschedule.cancel_message(s, message_id=message_id, actor="test", now=NOW))


def test_a_void_invoice_is_suppressed_with_the_reason(emailed: EmailedInvoice) -> None:
    emailed.send()

    def void(session: Session) -> None:
        from_db = invoice_emails.load_invoice(session, invoice_id=502)
        from_db.status = InvoiceStatus.VOID

    emailed.change(void)
    deliveries.sweep(emailed.context)
    assert emailed.message().state is MessageState.SUPPRESSED
    assert emailed.message().reason == "the invoice is void"
    assert emailed.mailer.delivered == []


def test_a_letter_that_cannot_be_written_fails_with_the_reason_and_the_rest_go_on(
    emailed: EmailedInvoice,
) -> None:
    emailed.add_invoice(503)
    object.__setattr__(emailed.context, "writer", Spoiled(502))
    emailed.send()
    emailed.send_one(503)
    deliveries.sweep(emailed.context)
    failed, sent = emailed.messages()
    assert (failed.state, failed.reason) == (MessageState.FAILED, "invoice/body.html: no such filter")
    assert sent.state is MessageState.SENT


def test_a_calendar_that_broke_after_the_writing_fails_the_reminder_before_the_dot(
    emailed: EmailedInvoice,
) -> None:
    emailed.at("2026-04-13T09:00")
    planner.plan_due(emailed.context)

    def break_it(name: str) -> None:
        if name == "prepared":
            emailed.change(lambda s: setattr(emailed.issuer(s), "country", "XX"))

    object.__setattr__(emailed.context, "failpoint", break_it)
    deliveries.sweep(emailed.context)
    reminder = emailed.messages("reminder")[-1]
    assert (reminder.state, emailed.mailer.delivered) == (MessageState.FAILED, [])
    assert "public holidays are not available for XX" in reminder.reason


class Spoiled(PlainWriter):
    """Cannot write the letters of one invoice."""

    def __init__(self, invoice_id: int) -> None:
        self.number = str(invoice_id)

    def write(self, letter: Letter) -> Written:
        if getattr(letter.email, "invoice_number", "") == self.number:
            raise RenderFailed("invoice/body.html", "no such filter")
        return super().write(letter)
