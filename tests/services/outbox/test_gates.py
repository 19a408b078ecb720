"""Gates: rates are kept across workers, and trouble at one place holds up nothing else."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import Engine

from paymail import db
from paymail.models import Gate, Message, MessageState
from paymail.ports.mail import Outcome, Scope, Verdict
from paymail.services.delivery import deliveries, outcomes
from paymail.services.delivery.outcomes import RetryPolicy
from paymail.services.issuers import issuer_settings
from paymail.services.outbox import gates, notices, queue
from paymail.services.outbox.gates import BadRate
from tests.factories import NOW
from tests.services.emailed_invoice import EmailedInvoice

MINUTE = timedelta(minutes=1)


def deferral(scope: Scope) -> Outcome:
    return Outcome(Verdict.DEFERRED, 451, "451 4.7.1 later", "RCPT", scope=scope)


def take(engine: Engine, rate: int, at: timedelta) -> bool:
    with db.transaction(engine) as session:
        return gates.take(session, key="sender:1", rate=rate, now=NOW + at)


def test_a_rate_lets_through_what_it_says_over_time(engine: Engine) -> None:
    taken = sum(take(engine, 30, timedelta(seconds=second)) for second in range(300))
    assert 150 <= taken <= 155


def test_an_unused_rate_is_caught_up_on_for_seconds_only(engine: Engine) -> None:
    assert take(engine, 60, timedelta())
    burst = [take(engine, 60, timedelta(hours=1)) for _ in range(30)]
    assert sum(burst) == 10


def test_eight_workers_share_one_bucket(engine: Engine) -> None:
    taken: list[bool] = []

    def work() -> None:
        taken.extend([take(engine, 60, timedelta(seconds=1)) for _ in range(10)])

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(taken) == 80
    assert 1 <= sum(taken) <= 10


@pytest.mark.parametrize(("text", "rate"), [("", 0), ("0", 0), ("45", 45), ("office365", 30)])
def test_a_rate_is_a_number_or_a_preset(text: str, rate: int) -> None:
    assert gates.rate_of(text) == rate


@pytest.mark.parametrize("text", ["fast", "-1", "1.5", "٣", "1000000"])
def test_what_is_no_rate_is_refused(text: str) -> None:
    with pytest.raises(BadRate):
        gates.rate_of(text)


def test_a_sender_at_its_rate_does_not_hold_up_another(emailed: EmailedInvoice) -> None:
    emailed.change(
        lambda s: issuer_settings.set_up_issuer(
            s, issuer=emailed.issuer(s), actor="test", changes={"sender_rate": "6"}, now=emailed.clock
        )
    )
    for number in range(503, 513):
        emailed.add_invoice(number)
    for number in range(502, 513):
        emailed.send_one(number)
    deliveries.sweep(emailed.context)
    assert len(emailed.mailer.delivered) == 1
    for _ in range(12):
        emailed.clock += timedelta(seconds=10)
        deliveries.sweep(emailed.context)
    assert len(emailed.mailer.delivered) == 11
    assert {m.attempts for m in emailed.messages()} == {1}


def test_a_notice_to_staff_does_not_queue_behind_the_senders_rate(emailed: EmailedInvoice) -> None:
    emailed.change(
        lambda s: issuer_settings.set_up_issuer(
            s, issuer=emailed.issuer(s), actor="a thief", changes={"sender_rate": "1"}, now=emailed.clock
        )
    )
    emailed.send_one(502)
    deliveries.sweep(emailed.context)
    for key in range(3):
        emailed.change(
            lambda s, key=key: notices.tell_staff(  # type: ignore[misc]
                s, invoice_id=502, about="test", key=key, headline="Look", detail="", now=emailed.clock
            )
        )
    deliveries.sweep(emailed.context)
    assert len(emailed.mailer.delivered) == 4


def test_a_deferral_closes_its_destination_only(emailed: EmailedInvoice) -> None:
    emailed.add_invoice(503)
    emailed.add_invoice(504, email="b@other.example")
    emailed.mailer.outcomes = [deferral(Scope.DESTINATION)]
    for number in (502, 503, 504):
        emailed.send_one(number)
    deliveries.sweep(emailed.context)
    states = {m.invoice_id: m.state for m in emailed.messages()}
    assert states == {
        502: MessageState.SCHEDULED,
        503: MessageState.SCHEDULED,
        504: MessageState.SENT,
    }
    emailed.clock += MINUTE
    deliveries.sweep(emailed.context)
    assert {m.state for m in emailed.messages()} == {MessageState.SENT}


def test_a_deferral_about_one_mailbox_closes_nothing(emailed: EmailedInvoice) -> None:
    emailed.add_invoice(503)
    emailed.mailer.outcomes = [deferral(Scope.MESSAGE)]
    emailed.send_one(502)
    emailed.send_one(503)
    deliveries.sweep(emailed.context)
    assert len(emailed.mailer.delivered) == 1


def test_trouble_at_the_relay_holds_all_mail_and_ends_at_the_first_success(emailed: EmailedInvoice) -> None:
    emailed.add_invoice(503, email="b@other.example")
    emailed.mailer.outcomes = [deferral(Scope.RELAY)] * 2
    emailed.send_one(502)
    emailed.send_one(503)
    deliveries.sweep(emailed.context)
    assert emailed.mailer.delivered == []
    assert [m.attempts for m in emailed.messages()] == [1, 0]
    emailed.clock += timedelta(seconds=7)
    deliveries.sweep(emailed.context)
    emailed.clock += 2 * MINUTE
    deliveries.sweep(emailed.context)
    assert len(emailed.mailer.delivered) == 2
    with db.reading(emailed.engine) as session:
        assert session.get(Gate, gates.RELAY) is None


def test_a_destination_stays_closed_longer_after_each_failure_in_a_row(engine: Engine) -> None:
    now, pauses = NOW, []
    for _ in range(8):
        with db.transaction(engine) as session:
            gates.close_after_failure(session, key="to:x.example", reason="451", now=now)
            pauses.append(session.get_one(Gate, "to:x.example").opens_at - now)
        now += pauses[-1]
    assert pauses[0] < MINUTE
    assert pauses == sorted(pauses) or pauses[-1] > 10 * MINUTE
    assert max(pauses) <= 18 * MINUTE


def test_tries_end_at_the_deadline_with_the_last_answer(emailed: EmailedInvoice) -> None:
    object.__setattr__(emailed.context, "retries", RetryPolicy(attempts=1000, deadline=timedelta(hours=48)))
    emailed.mailer.outcomes = [deferral(Scope.MESSAGE)] * 200
    emailed.send()
    while emailed.message().state is MessageState.SCHEDULED:
        emailed.clock = max(emailed.clock, emailed.message().next_at)
        deliveries.sweep(emailed.context)
    message = emailed.message()
    assert message.state is MessageState.FAILED
    assert "451 4.7.1 later" in message.reason
    assert timedelta(hours=47) < emailed.clock - NOW <= timedelta(hours=48)


def test_a_message_that_kills_its_workers_fails_after_five(emailed: EmailedInvoice) -> None:
    emailed.send()

    def die(name: str) -> None:
        if name == "written":
            raise SystemExit(1)

    object.__setattr__(emailed.context, "failpoint", die)
    for _ in range(5):
        with pytest.raises(SystemExit):
            deliveries.sweep(emailed.context)
        emailed.clock += timedelta(seconds=121)
    deliveries.sweep(emailed.context)
    assert emailed.message().state is MessageState.FAILED
    assert "5 workers stopped" in emailed.message().reason


def test_a_receipt_does_not_wait_behind_a_backlog(emailed: EmailedInvoice) -> None:
    for number in range(503, 508):
        emailed.add_invoice(number)
        emailed.send_one(number)

    def hurry(session: object) -> None:
        last = session.get_one(Message, emailed.messages()[-1].message_id)  # type: ignore[attr-defined]
        last.urgent = True

    emailed.change(hurry)
    deliveries.deliver(emailed.context)
    assert emailed.messages()[-1].state is MessageState.SENT


def test_what_a_dead_worker_dropped_does_not_wait_behind_a_backlog(emailed: EmailedInvoice) -> None:
    emailed.send()
    emailed.change(lambda s: queue.claim(s, now=emailed.clock, lease=emailed.context.lease))
    emailed.clock += timedelta(seconds=121)
    for number in range(503, 506):
        emailed.add_invoice(number)
        emailed.send_one(number)
    deliveries.deliver(emailed.context)
    assert emailed.messages()[0].state is MessageState.SENT


def test_a_late_but_certain_refusal_ends_the_doubt(emailed: EmailedInvoice) -> None:
    emailed.send()
    emailed.mailer.outcomes = [Outcome(Verdict.FAILED, 554, "554 no", "dot")]

    def stand_still(name: str) -> None:
        if name == "answered":
            emailed.clock += timedelta(seconds=121)
            emailed.change(lambda s: outcomes.rescue(s, now=emailed.clock))

    object.__setattr__(emailed.context, "failpoint", stand_still)
    deliveries.sweep(emailed.context)
    assert (emailed.message().state, emailed.message().reason) == (MessageState.FAILED, "554 no")


def test_a_gate_that_a_success_opened_meanwhile_stays_open(engine: Engine) -> None:
    with db.transaction(engine) as session:
        gates.close_after_failure(session, key="relay", reason="down", now=NOW)
        gates.open_(session, keys=["relay"])
        assert gates.closed(session, now=NOW) == set()
