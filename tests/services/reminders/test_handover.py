"""A reminder that is written is asked about again at its hand-over, by the rules that planned it."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from paymail import db
from paymail.emails import Tone
from paymail.models import Customer, Invoice, Message, MessageState
from paymail.ports.mail import Outcome, Verdict
from paymail.services.delivery import deliveries, outcomes, unknown_messages
from paymail.services.forecast.explanation import Explanation, explain
from paymail.services.forecast.forecast import forecast
from paymail.services.issuers import issuer_settings
from paymail.services.outbox import queue, reschedule
from paymail.services.reminders import planner, preferences
from tests.services.bench import Bench

DUE_MORNING = "2026-04-13T09:00"  # due on Saturday the 11th
FRIENDLY_MORNING = "2026-04-20T09:00"
CAP_0 = "the maximum of 0 reminders has been reached"

Change = Callable[[Bench], object]


def issuer(**changes: str | int | bool) -> Change:
    def change(bench: Bench) -> None:
        bench.change(
            lambda s: issuer_settings.set_up_issuer(
                s, issuer=bench.issuer(s), changes=changes, now=bench.clock
            )
        )

    return change


def invoice(**changes: object) -> Change:
    def change(bench: Bench) -> None:
        bench.change(
            lambda s: preferences.set_up_invoice(
                s,
                invoice_id=502,
                actor="x",
                now=bench.clock,
                **changes,  # type: ignore[arg-type]
            )
        )

    return change


def customer(**changes: object) -> Change:
    def change(bench: Bench) -> None:
        def set_up(session: Session) -> Customer:
            number = session.get_one(Invoice, 502).customer_id
            return preferences.set_up_customer(
                session,
                customer_id=number,
                now=bench.clock,
                **changes,  # type: ignore[arg-type]
            )

        bench.change(set_up)

    return change


def off_and_on(bench: Bench) -> None:
    issuer(reminders_off=True)(bench)
    bench.clock += timedelta(minutes=5)
    issuer(reminders_off=False)(bench)


def another_due_date(bench: Bench) -> None:
    bench.set(due_date=date(2026, 5, 11))


def written(bench: Bench) -> Message:
    """Have the reminder of the due date written, and return it."""
    bench.at(DUE_MORNING)
    planner.plan_due(bench.context)
    return reminder(bench)


def reminder(bench: Bench, step: str = "0") -> Message:
    return next(m for m in bench.messages("reminder") if m.step == step)


def explained(bench: Bench) -> Explanation:
    with db.reading(bench.engine) as session:
        return explain(session, invoice_id=502, now=bench.clock)


def fate(bench: Bench) -> str:
    return next(one.fate for one in explained(bench).steps if one.step == "0" and one.message_id)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (issuer(reminder_cap=0), CAP_0),
        (
            issuer(reminder_minimum=8251),
            "the balance is below the minimum for reminders",
        ),
        (issuer(ladder="7:friendly"), "this step is no longer in the ladder"),
        (customer(ladder_text="7:friendly"), "this step is no longer in the ladder"),
        (invoice(ladder_text="7:friendly"), "this step is no longer in the ladder"),
        (issuer(reminders_off=True), "reminders are off for this issuer"),
        (customer(off=True), "reminders are off for this customer"),
        (invoice(off=True), "reminders are off for this invoice"),
        (off_and_on, "it fell due before reminders started for this invoice, or while they were off"),
        (another_due_date, "the due date has changed, or its instalment is paid"),
    ],
)
def test_what_forbids_a_reminder_stops_the_one_that_is_written(
    bench: Bench, change: Change, reason: str
) -> None:
    message = written(bench)
    change(bench)
    with db.reading(bench.engine) as session:
        foretold = forecast(session, now=bench.clock, days=1)
    assert [(one.at, one.held) for one in foretold if one.step == "0"] == [(None, reason)]
    assert (fate(bench), explained(bench).reason) == (f"will not be sent: {reason}", reason)
    deliveries.sweep(bench.context)
    stopped = reminder(bench)
    assert (stopped.message_id, stopped.state) == (message.message_id, MessageState.SUPPRESSED)
    assert (stopped.reason, fate(bench)) == (reason, f"suppressed: {reason}")
    assert bench.timeline().count("email_suppressed") == 1
    assert bench.mailer.delivered == []


def test_a_cap_that_is_raised_again_lets_the_next_step_go(bench: Bench) -> None:
    written(bench)
    issuer(reminder_cap=0)(bench)
    assert bench.turn() == 0
    issuer(reminder_cap=1)(bench)
    assert bench.turn() == 0
    assert bench.at(FRIENDLY_MORNING).turn() == 1
    assert reminder(bench, "7").state is MessageState.SENT
    assert bench.at("2026-04-27T09:00").turn() == 0


def test_a_cap_does_not_count_the_reminder_itself(bench: Bench) -> None:
    issuer(reminder_cap=1)(bench)
    bench.mailer.outcomes = [Outcome(Verdict.DEFERRED, 451, "later", "dot")]
    bench.at(DUE_MORNING).turn()
    assert reminder(bench).handed_over_at is not None
    bench.clock += timedelta(hours=1)
    assert bench.turn() == 1
    assert reminder(bench).state is MessageState.SENT


def test_a_reminder_in_doubt_may_be_sent_again_under_a_cap_of_one(bench: Bench) -> None:
    issuer(reminder_cap=1)(bench)
    bench.mailer.outcomes = [Outcome(Verdict.UNKNOWN, 0, "disconnected", "dot")]
    bench.at(DUE_MORNING).turn()
    bench.change(
        lambda s: unknown_messages.resend(
            s, message_id=reminder(bench).message_id, actor="x", now=bench.clock
        )
    )
    bench.turn()
    assert reminder(bench).state is MessageState.SENT


def test_a_written_reminder_does_not_follow_the_invoice_on_the_same_day(bench: Bench) -> None:
    number = written(bench).message_id
    later = bench.now_at("2026-04-13T11:00")
    bench.change(
        lambda s: reschedule.reschedule_message(s, message_id=number, at=later, actor="x", now=bench.clock)
    )
    bench.at("2026-04-13T10:00").send()
    assert bench.turn() == 1
    assert bench.at("2026-04-13T11:00").turn() == 0
    assert reminder(bench).reason == "the invoice was emailed on the same day"
    assert bench.at(FRIENDLY_MORNING).turn() == 1


@pytest.mark.parametrize(
    "change",
    [
        issuer(reminder_cap=0),
        issuer(reminder_minimum=8251),
        issuer(ladder="30:final"),
        issuer(reminders_off=True),
        off_and_on,
        another_due_date,
        lambda bench: bench.at("2026-04-18T23:00"),  # Saturday night
        lambda bench: bench.send(),
    ],
)
def test_a_reminder_by_hand_goes_whatever_the_ladder_says(bench: Bench, change: Change) -> None:
    bench.at("2026-04-14T10:00")
    bench.change(
        lambda s: planner.remind_by_hand(s, invoice_id=502, tone=Tone.FIRM, actor="x", now=bench.clock)
    )
    change(bench)
    deliveries.sweep(bench.context)
    assert reminder(bench, "hand").state is MessageState.SENT


def test_a_handover_takes_no_more_statements_than_before_it_asked_all_rules(bench: Bench) -> None:
    written(bench)
    claims: list[queue.Claim] = []
    bench.change(lambda s: claims.extend(queue.claim(s, now=bench.clock, lease=bench.context.lease)))
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        statements.append(statement.split()[0])

    event.listen(bench.engine, "before_cursor_execute", note)
    bench.change(
        lambda s: outcomes.begin_handover(s, claim=claims[0], now=bench.clock, lease=bench.context.lease)
    )
    event.remove(bench.engine, "before_cursor_execute", note)
    assert [word for word in statements if word != "BEGIN"] == ["SELECT"] * 8 + ["UPDATE"]
