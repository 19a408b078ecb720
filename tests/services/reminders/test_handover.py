"""A reminder that is written is asked about again at its hand-over, by the rules that planned it."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from paymail import db
from paymail.models import Customer, Invoice, InvoiceStatus, Message, MessageState, PaymentStatus
from paymail.ports.mail import Outcome, Verdict
from paymail.services.delivery import deliveries, handover, unknown_messages
from paymail.services.forecast.explanation import Explanation, explain
from paymail.services.forecast.forecast import forecast
from paymail.services.issuers import issuer_settings
from paymail.services.outbox import queue, reschedule
from paymail.services.reminders import by_hand, planner, preferences
from tests.services.emailed_invoice import EmailedInvoice

DUE_MORNING = "2026-04-13T09:00"  # due on Saturday the 11th
FRIENDLY_MORNING = "2026-04-20T09:00"
CAP_0 = "the maximum of 0 reminders has been reached"

Change = Callable[[EmailedInvoice], object]


def issuer(**changes: str | int | bool) -> Change:
    def change(emailed: EmailedInvoice) -> None:
        emailed.change(
            lambda s: issuer_settings.set_up_issuer(
                s, issuer=emailed.issuer(s), actor="test", changes=changes, now=emailed.clock
            )
        )

    return change


def invoice(**changes: object) -> Change:
    def change(emailed: EmailedInvoice) -> None:
        emailed.change(
            lambda s: preferences.set_up_invoice(
                s,
                invoice_id=502,
                actor="x",
                now=emailed.clock,
                **changes,  # type: ignore[arg-type]
            )
        )

    return change


def customer(**changes: object) -> Change:
    def change(emailed: EmailedInvoice) -> None:
        def set_up(session: Session) -> Customer:
            number = session.get_one(Invoice, 502).customer_id
            return preferences.set_up_customer(
                session,
                customer_id=number,
                actor="ann",
                now=emailed.clock,
                **changes,  # type: ignore[arg-type]
            )

        emailed.change(set_up)

    return change


def off_and_on(emailed: EmailedInvoice) -> None:
    issuer(reminders_off=True)(emailed)
    emailed.clock += timedelta(minutes=5)
    issuer(reminders_off=False)(emailed)


def another_due_date(emailed: EmailedInvoice) -> None:
    emailed.set(due_date=date(2026, 5, 11))


def written(emailed: EmailedInvoice) -> Message:
    """Have the reminder of the due date written, and return it."""
    emailed.at(DUE_MORNING)
    planner.plan_due(emailed.context)
    return reminder(emailed)


def reminder(emailed: EmailedInvoice, step: str = "0") -> Message:
    return next(m for m in emailed.messages("reminder") if m.step == step)


def explained(emailed: EmailedInvoice) -> Explanation:
    with db.reading(emailed.engine) as session:
        return explain(session, invoice_id=502, now=emailed.clock)


def fate(emailed: EmailedInvoice) -> str:
    return next(one.fate for one in explained(emailed).steps if one.step == "0" and one.message_id)


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
    emailed: EmailedInvoice, change: Change, reason: str
) -> None:
    message = written(emailed)
    change(emailed)
    with db.reading(emailed.engine) as session:
        foretold = forecast(session, now=emailed.clock, days=1)
    assert [(one.at, one.held) for one in foretold if one.step == "0"] == [(None, reason)]
    assert (fate(emailed), explained(emailed).reason) == (f"will not be sent: {reason}", reason)
    deliveries.sweep(emailed.context)
    stopped = reminder(emailed)
    assert (stopped.message_id, stopped.state) == (message.message_id, MessageState.SUPPRESSED)
    assert (stopped.reason, fate(emailed)) == (reason, f"suppressed: {reason}")
    assert emailed.timeline().count("email_suppressed") == 1
    assert emailed.mailer.delivered == []


def test_a_cap_that_is_raised_again_lets_the_next_step_go(emailed: EmailedInvoice) -> None:
    written(emailed)
    issuer(reminder_cap=0)(emailed)
    assert emailed.turn() == 0
    issuer(reminder_cap=1)(emailed)
    assert emailed.turn() == 0
    assert emailed.at(FRIENDLY_MORNING).turn() == 1
    assert reminder(emailed, "7").state is MessageState.SENT
    assert emailed.at("2026-04-27T09:00").turn() == 0


def test_a_cap_does_not_count_the_reminder_itself(emailed: EmailedInvoice) -> None:
    issuer(reminder_cap=1)(emailed)
    emailed.mailer.outcomes = [Outcome(Verdict.DEFERRED, 451, "later", "dot")]
    emailed.at(DUE_MORNING).turn()
    assert reminder(emailed).handed_over_at is not None
    emailed.clock += timedelta(hours=1)
    assert emailed.turn() == 1
    assert reminder(emailed).state is MessageState.SENT


def test_a_reminder_in_doubt_may_be_sent_again_under_a_cap_of_one(emailed: EmailedInvoice) -> None:
    issuer(reminder_cap=1)(emailed)
    emailed.mailer.outcomes = [Outcome(Verdict.UNKNOWN, 0, "disconnected", "dot")]
    emailed.at(DUE_MORNING).turn()
    emailed.change(
        lambda s: unknown_messages.resend(
            s, message_id=reminder(emailed).message_id, actor="x", now=emailed.clock
        )
    )
    emailed.turn()
    assert reminder(emailed).state is MessageState.SENT


def test_a_written_reminder_does_not_follow_the_invoice_on_the_same_day(emailed: EmailedInvoice) -> None:
    number = written(emailed).message_id
    later = emailed.now_at("2026-04-13T11:00")
    emailed.change(
        lambda s: reschedule.reschedule_message(s, message_id=number, at=later, actor="x", now=emailed.clock)
    )
    emailed.at("2026-04-13T10:00").send()
    assert emailed.turn() == 1
    assert emailed.at("2026-04-13T11:00").turn() == 0
    assert reminder(emailed).reason == "the invoice was emailed on the same day"
    assert emailed.at(FRIENDLY_MORNING).turn() == 1


@pytest.mark.parametrize(
    "change",
    [
        issuer(reminder_cap=0),
        issuer(reminder_minimum=8251),
        issuer(ladder="30:final"),
        issuer(reminders_off=True),
        off_and_on,
        another_due_date,
        lambda emailed: emailed.at("2026-04-18T23:00"),  # Saturday night
        lambda emailed: emailed.send(),
    ],
)
def test_a_reminder_by_hand_goes_whatever_the_ladder_says(emailed: EmailedInvoice, change: Change) -> None:
    emailed.at("2026-04-14T10:00")
    emailed.change(lambda s: by_hand.remind_by_hand(s, invoice_id=502, actor="x", now=emailed.clock))
    change(emailed)
    deliveries.sweep(emailed.context)
    assert reminder(emailed, "hand").state is MessageState.SENT


def test_a_handover_asks_all_rules_by_eight_reads_and_writes_once(emailed: EmailedInvoice) -> None:
    written(emailed)
    claims: list[queue.Claim] = []
    emailed.change(lambda s: claims.extend(queue.claim(s, now=emailed.clock, lease=emailed.context.lease)))
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        statements.append(statement.split()[0])

    event.listen(emailed.engine, "before_cursor_execute", note)
    emailed.change(
        lambda s: handover.begin_handover(s, claim=claims[0], now=emailed.clock, lease=emailed.context.lease)
    )
    event.remove(emailed.engine, "before_cursor_execute", note)
    assert [word for word in statements if word != "BEGIN"] == ["SELECT"] * 8 + ["UPDATE"]


@pytest.mark.parametrize(
    ("over", "state"),
    [
        (lambda e: e.set(amount_paid=8250, payment_status=PaymentStatus.PAID), MessageState.SUPPRESSED),
        (lambda e: e.set(status=InvoiceStatus.VOID), MessageState.SUPPRESSED),
        (lambda e: None, MessageState.FAILED),
    ],
)
def test_a_ladder_that_cannot_be_read_does_not_keep_a_paid_invoice_s_reminder_from_ending(
    emailed: EmailedInvoice, over: Change, state: MessageState
) -> None:
    emailed.at(DUE_MORNING)
    planner.plan_due(emailed.context)
    emailed.set(ladder="not a ladder")
    over(emailed)
    deliveries.sweep(emailed.context)
    assert (emailed.messages("reminder")[-1].state, emailed.mailer.delivered) == (state, [])
