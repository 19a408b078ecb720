"""Reminders on real rows: the right step at the right time, none after payment, a reason for each silence."""

from datetime import date, timedelta

import pytest

from paymail.emails import Tone
from paymail.errors import Unavailable
from paymail.models import Invoice, InvoiceStatus, MessageState, PaymentStatus
from paymail.ports.mail import Outcome, Verdict
from paymail.ports.payments import Intent, IntentStatus
from paymail.services.core.contexts import GatewayContext
from paymail.services.delivery import deliveries
from paymail.services.delivery.outcomes import RetryPolicy
from paymail.services.issuers import issuer_settings
from paymail.services.outbox import reschedule, suppressions
from paymail.services.payments import checkout, settlement
from paymail.services.reminders import by_hand, holds, planner, preferences
from paymail.services.reminders.holds import HoldReason
from tests.factories import NOW
from tests.services.emailed_invoice import EmailedInvoice

DUE_MORNING = "2026-04-13T09:00"  # due on Saturday the 11th
FRIENDLY_MORNING = "2026-04-20T09:00"


def sent(emailed: EmailedInvoice) -> list[str]:
    return [m.step for m in emailed.messages("reminder") if m.state is MessageState.SENT]


def pay_link(emailed: EmailedInvoice) -> Intent:
    """Open an intent as the customer's page does."""
    context = GatewayContext(emailed.context.transaction, emailed.now, emailed.gateway)
    return checkout.start_payment(context, token=emailed.invoice().payment_token or "")


def test_the_whole_ladder_goes_out_a_step_at_a_time(emailed: EmailedInvoice) -> None:
    moments = ["04-08", "04-13", "04-20", "04-28", "05-04"]  # 27 April is Anzac Day in lieu
    emailed.change(
        lambda s: issuer_settings.set_up_issuer(
            s, issuer=emailed.issuer(s), actor="test", changes={"subdivision": "NSW"}, now=emailed.clock
        )
    )
    for moment in moments:
        assert emailed.at(f"2026-{moment}T08:59").turn() == 0
        assert emailed.at(f"2026-{moment}T09:00").turn() == 1
        assert emailed.turn() == 0
    assert sent(emailed) == ["-3", "0", "7", "14", "21"]
    assert [m.tone for m in emailed.messages("reminder")] == list(Tone)
    assert emailed.at("2026-12-01T10:00").turn() == 0
    assert emailed.invoice().next_reminder_at is None


def test_two_sweeps_at_once_write_one_reminder(emailed: EmailedInvoice) -> None:
    emailed.at(DUE_MORNING)
    planner.plan_due(emailed.context)
    emailed.change(lambda s: holds.look_again(s, invoice_ids=[502], now=emailed.clock))
    planner.plan_due(emailed.context)
    assert len([m for m in emailed.messages("reminder") if m.state is MessageState.SCHEDULED]) == 1


def test_after_an_outage_only_the_current_step_goes_out_and_the_rest_is_recorded(
    emailed: EmailedInvoice,
) -> None:
    assert emailed.at("2026-04-29T11:00").turn() == 1
    assert sent(emailed) == ["14"]
    skipped = [m for m in emailed.messages("reminder") if m.state is MessageState.SUPPRESSED]
    assert [m.step for m in skipped] == ["-3", "0", "7"]
    assert all("missed" in m.reason for m in skipped)
    assert emailed.timeline().count("reminder_skipped") == 3


def test_a_paid_invoice_is_left_in_peace(emailed: EmailedInvoice) -> None:
    intent = emailed.gateway.succeed(pay_link(emailed).id)
    emailed.change(lambda s: settlement.settle(s, intent=intent, source="test", now=emailed.clock))
    emailed.at(DUE_MORNING).turn()
    assert emailed.messages("reminder") == []


def test_a_payment_between_planning_and_handover_stops_the_reminder(emailed: EmailedInvoice) -> None:
    intent = emailed.gateway.succeed(pay_link(emailed).id)
    emailed.at(DUE_MORNING)
    planner.plan_due(emailed.context)
    emailed.change(lambda s: settlement.settle(s, intent=intent, source="test", now=emailed.clock))
    emailed.turn()
    (reminder,) = [m for m in emailed.messages("reminder") if m.step == "0"]
    assert (reminder.state, reminder.reason) == (MessageState.SUPPRESSED, "already paid")
    assert [e.mime for e in emailed.mailer.delivered if b"reminder" in e.mime] == []


def test_stripe_is_asked_and_a_payment_found_there_is_settled_instead(emailed: EmailedInvoice) -> None:
    emailed.gateway.succeed(pay_link(emailed).id)
    emailed.at(DUE_MORNING).turn()
    emailed.turn()
    assert sent(emailed) == []
    assert emailed.invoice().payment_status is PaymentStatus.PAID
    assert [m.state for m in emailed.messages("receipt")] == [MessageState.SENT]


def test_an_open_intent_that_is_not_paid_does_not_stop_a_reminder(emailed: EmailedInvoice) -> None:
    pay_link(emailed)
    assert emailed.at(DUE_MORNING).turn() == 1


def test_a_payment_that_clears_at_stripe_holds_the_reminder(emailed: EmailedInvoice) -> None:
    emailed.gateway.set(pay_link(emailed).id, status=IntentStatus.PROCESSING)
    assert emailed.at(DUE_MORNING).turn() == 0
    (reminder,) = [m for m in emailed.messages("reminder") if m.step == "0"]
    assert (reminder.state, reminder.reason) == (MessageState.SCHEDULED, "held: a payment is clearing")
    assert reminder.attempts == 0


def test_a_reminder_waits_when_stripe_cannot_be_asked(emailed: EmailedInvoice) -> None:
    intent = pay_link(emailed)
    healthy = emailed.gateway.retrieve_intent

    def down(*, account: str, intent_id: str, brief: bool = False) -> Intent:
        assert brief
        raise Unavailable("Stripe does not answer")

    emailed.gateway.retrieve_intent = down  # type: ignore[method-assign]
    assert emailed.at(DUE_MORNING).turn() == 0
    (reminder,) = [m for m in emailed.messages("reminder") if m.step == "0"]
    assert "could not be checked" in reminder.reason
    emailed.gateway.retrieve_intent = healthy  # type: ignore[method-assign]
    emailed.clock += deliveries.ASK_AGAIN
    assert emailed.turn() == 1
    assert emailed.gateway.intents[intent.id].status is IntentStatus.REQUIRES_PAYMENT_METHOD


@pytest.mark.parametrize("reason", list(HoldReason))
def test_a_held_invoice_waits_and_goes_on_when_released(emailed: EmailedInvoice, reason: HoldReason) -> None:
    emailed.change(lambda s: holds.place(s, invoice_id=502, reason=reason, actor="staff", now=emailed.clock))
    assert emailed.at(DUE_MORNING).turn() == 0
    emailed.change(lambda s: holds.lift(s, invoice_id=502, actor="staff", now=emailed.clock))
    assert emailed.turn() == 1
    assert {"reminders_held", "reminders_released"} <= set(emailed.timeline())


def test_a_promise_ends_by_itself_and_the_newest_step_follows(emailed: EmailedInvoice) -> None:
    until = emailed.at("2026-04-21T00:00").clock
    emailed.at("2026-04-01T10:00")
    emailed.change(
        lambda s: holds.place(
            s, invoice_id=502, reason=HoldReason.PROMISED, actor="customer", now=emailed.clock, until=until
        )
    )
    for day in range(2, 21):
        assert emailed.at(f"2026-04-{day:02}T10:00").turn() == 0
    assert emailed.at("2026-04-21T09:00").turn() == 1
    assert sent(emailed) == ["7"]


def test_a_hold_placed_while_a_reminder_is_queued_is_seen_at_the_handover(emailed: EmailedInvoice) -> None:
    emailed.at(DUE_MORNING)
    planner.plan_due(emailed.context)
    emailed.change(
        lambda s: holds.place(s, invoice_id=502, reason=HoldReason.DISPUTED, actor="x", now=emailed.clock)
    )
    deliveries.sweep(emailed.context)
    assert emailed.mailer.delivered == []
    emailed.change(lambda s: holds.lift(s, invoice_id=502, actor="x", now=emailed.clock))
    emailed.clock += timedelta(hours=6)
    assert emailed.turn() == 1
    assert sent(emailed) == ["0"]


def test_a_retry_does_not_go_out_at_night(emailed: EmailedInvoice) -> None:
    emailed.mailer.outcomes = [Outcome(Verdict.DEFERRED, 451, "later", "RCPT")]
    assert emailed.at(DUE_MORNING).turn() == 0
    assert emailed.at("2026-04-13T21:00").turn() == 0
    assert emailed.messages("reminder")[-1].reason == "outside business hours"
    assert emailed.at("2026-04-14T03:00").turn() == 0
    assert emailed.at("2026-04-14T09:00").turn() == 1


def test_a_step_still_being_retried_gives_way_to_the_next_one(emailed: EmailedInvoice) -> None:
    emailed.at(DUE_MORNING)
    planner.plan_due(emailed.context)
    old = emailed.messages("reminder")[-1].message_id
    later = emailed.now_at("2026-04-20T09:30")
    emailed.change(
        lambda s: reschedule.reschedule_message(s, message_id=old, at=later, actor="x", now=emailed.clock)
    )
    assert emailed.at(FRIENDLY_MORNING).turn() == 1
    assert emailed.at("2026-04-20T10:00").turn() == 0
    assert sent(emailed) == ["7"]


def test_no_reminder_goes_out_while_the_invoice_email_has_not(emailed: EmailedInvoice) -> None:
    emailed.send(at=emailed.now_at("2026-04-30T09:00"))
    assert emailed.at(DUE_MORNING).turn() == 0
    assert emailed.at("2026-04-30T09:00").turn() == 1
    assert [m.kind for m in emailed.messages() if m.state is MessageState.SENT] == ["invoice"]


def test_a_suppressed_address_gets_nothing(emailed: EmailedInvoice) -> None:
    emailed.change(
        lambda s: suppressions.add(
            s, address="C502@CUSTOMER.example", reason="bounced", actor="test", now=emailed.clock
        )
    )
    emailed.send()
    assert emailed.at(DUE_MORNING).turn() == 0
    assert emailed.messages("invoice")[0].state is MessageState.SUPPRESSED
    assert "suppressed" in emailed.messages("invoice")[0].reason


def test_switching_off_and_on_owes_nobody_what_passed_meanwhile(emailed: EmailedInvoice) -> None:
    def switch(off: bool) -> None:
        emailed.change(
            lambda s: preferences.set_up_invoice(s, invoice_id=502, actor="x", now=emailed.clock, off=off)
        )

    switch(off=True)
    assert emailed.at(FRIENDLY_MORNING).turn() == 0
    emailed.at("2026-04-22T10:00")
    switch(off=False)
    assert emailed.turn() == 0
    assert emailed.at("2026-04-27T09:00").turn() == 1
    assert sent(emailed) == ["14"]


def test_the_cap_and_the_smallest_balance_are_kept(emailed: EmailedInvoice) -> None:
    def set_up(**changes: int) -> None:
        emailed.change(
            lambda s: issuer_settings.set_up_issuer(
                s, issuer=emailed.issuer(s), actor="test", changes=changes, now=emailed.clock
            )
        )

    set_up(reminder_cap=1)
    assert emailed.at("2026-04-08T09:00").turn() == 1
    assert emailed.at(DUE_MORNING).turn() == 0
    set_up(reminder_cap=9, reminder_minimum=8251)
    assert emailed.turn() == 0
    set_up(reminder_minimum=8250)
    assert emailed.turn() == 1


def test_another_due_date_starts_another_ladder(emailed: EmailedInvoice) -> None:
    assert emailed.at(DUE_MORNING).turn() == 1

    def extend(session: object) -> None:
        invoice = session.get_one(Invoice, 502)  # type: ignore[attr-defined]
        invoice.due_date += timedelta(days=30)
        invoice.next_reminder_at = emailed.clock

    emailed.change(extend)
    assert emailed.at(FRIENDLY_MORNING).turn() == 0
    assert emailed.at("2026-05-11T09:00").turn() == 1


def test_a_void_invoice_and_a_broken_ladder_stop_nobody_else(emailed: EmailedInvoice) -> None:
    emailed.add_invoice(503)
    emailed.add_invoice(504)

    def spoil(session: object) -> None:
        session.get_one(Invoice, 502).status = InvoiceStatus.VOID  # type: ignore[attr-defined]
        session.get_one(Invoice, 503).ladder = "nonsense"  # type: ignore[attr-defined]

    emailed.change(spoil)
    assert emailed.at(DUE_MORNING).turn() == 1
    assert [m.invoice_id for m in emailed.messages() if m.state is MessageState.SENT] == [504]


def test_a_reminder_by_hand_goes_at_any_hour_and_twice_only_when_asked_twice(emailed: EmailedInvoice) -> None:
    emailed.at("2026-04-18T23:00")  # Saturday night

    def ask(sequence: int) -> bool:
        with emailed.context.transaction() as session:
            return by_hand.remind_by_hand(
                session, invoice_id=502, actor="x", now=emailed.clock, sequence=sequence
            ).created

    assert ask(1)
    assert not ask(1)
    assert emailed.turn() == 1
    assert not ask(1)
    assert ask(2)
    assert emailed.turn() == 1


@pytest.mark.parametrize(
    "change",
    [
        {"status": InvoiceStatus.VOID},
        {"amount_paid": 8250, "payment_status": PaymentStatus.PAID},
        {"payment_status": PaymentStatus.PROCESSING},
    ],
)
def test_a_reminder_by_hand_is_refused_where_nothing_is_to_be_paid(
    emailed: EmailedInvoice, change: dict[str, object]
) -> None:
    def apply(session: object) -> None:
        for name, value in change.items():
            setattr(session.get_one(Invoice, 502), name, value)  # type: ignore[attr-defined]

    emailed.change(apply)
    with pytest.raises(by_hand.NotRemindable):
        emailed.change(lambda s: by_hand.remind_by_hand(s, invoice_id=502, actor="x", now=emailed.clock))


def test_a_reminder_by_hand_takes_the_place_of_the_ladders_on_that_day(emailed: EmailedInvoice) -> None:
    emailed.at(FRIENDLY_MORNING)
    emailed.change(lambda s: by_hand.remind_by_hand(s, invoice_id=502, actor="x", now=emailed.clock))
    assert emailed.turn() == 1
    assert emailed.turn() == 0
    assert sent(emailed) == ["hand"]
    skipped = next(m for m in emailed.messages("reminder") if m.step == "7")
    assert skipped.reason == "another reminder was sent on the same day"
    assert emailed.at("2026-04-27T09:00").turn() == 1


def test_a_step_that_waited_through_an_outage_gives_way_to_the_current_one(emailed: EmailedInvoice) -> None:
    emailed.at("2026-04-08T09:00")
    planner.plan_due(emailed.context)
    emailed.at(FRIENDLY_MORNING)
    deliveries.sweep(emailed.context)  # the doorbell brings the old one before the ladder is looked at
    assert emailed.mailer.delivered == []
    assert emailed.turn() == 1
    assert sent(emailed) == ["7"]


def test_a_reminder_by_hand_for_later_does_not_eat_the_ladder(emailed: EmailedInvoice) -> None:
    with emailed.context.transaction() as session:
        number = by_hand.remind_by_hand(session, invoice_id=502, actor="x", now=emailed.clock).message_id
    later = emailed.now_at("2026-06-01T09:00")
    emailed.change(
        lambda s: reschedule.reschedule_message(s, message_id=number, at=later, actor="x", now=emailed.clock)
    )
    assert emailed.at(DUE_MORNING).turn() == 1
    assert sent(emailed) == ["0"]


def test_a_lifted_hold_frees_the_reminder_that_waits_for_it_at_once(emailed: EmailedInvoice) -> None:
    emailed.at("2026-05-04T09:00")
    planner.plan_due(emailed.context)
    until = emailed.now_at("2026-06-30T00:00")
    emailed.change(
        lambda s: holds.place(
            s, invoice_id=502, reason=HoldReason.PROMISED, actor="x", now=emailed.clock, until=until
        )
    )
    assert emailed.turn() == 0
    emailed.clock += timedelta(hours=2)
    emailed.change(lambda s: holds.lift(s, invoice_id=502, actor="x", now=emailed.clock))
    assert emailed.turn() == 1
    assert sent(emailed) == ["21"]


def test_a_hold_does_not_use_up_the_patience_with_the_mail_server(emailed: EmailedInvoice) -> None:
    object.__setattr__(emailed.context, "retries", RetryPolicy(attempts=100, deadline=timedelta(hours=48)))
    emailed.mailer.outcomes = [Outcome(Verdict.DEFERRED, 451, "later", "RCPT")] * 2
    emailed.at("2026-05-04T09:00").turn()
    emailed.change(
        lambda s: holds.place(s, invoice_id=502, reason=HoldReason.STAFF, actor="x", now=emailed.clock)
    )
    emailed.at("2026-05-05T09:00").turn()
    emailed.at("2026-05-08T09:00").change(
        lambda s: holds.lift(s, invoice_id=502, actor="x", now=emailed.clock)
    )
    assert emailed.turn() == 0
    assert emailed.messages("reminder")[-1].state is MessageState.SCHEDULED
    emailed.clock += timedelta(hours=1)
    assert emailed.turn() == 1


def test_an_invoice_that_cannot_be_planned_at_all_stops_nobody_else(emailed: EmailedInvoice) -> None:
    emailed.add_invoice(503, due_in=(date(9999, 12, 31) - NOW.date()).days)
    assert emailed.at(DUE_MORNING).turn() == 1
    again = emailed.invoice(503).next_reminder_at
    assert again is not None
    assert again > emailed.clock


def test_staff_are_told_once_of_a_payment_that_stripe_does_not_know(emailed: EmailedInvoice) -> None:
    emailed.gateway.intents.pop(pay_link(emailed).id)
    emailed.at(DUE_MORNING).turn()
    emailed.turn()
    assert sent(emailed) == []
    assert [m.state for m in emailed.messages("notice")] == [MessageState.SENT]
    emailed.clock += deliveries.ASK_AGAIN
    emailed.turn()
    assert len(emailed.messages("notice")) == 1
