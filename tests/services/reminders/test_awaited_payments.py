"""Reminders wait while the customer is to pay by their own act, and go on when that is over."""

from datetime import datetime, timedelta

import pytest

from paymail import db
from paymail.models import AttemptStatus, Message, MessageState, PaymentAttempt
from paymail.ports.payments import Intent
from paymail.services import reconciliation
from paymail.services.core.contexts import GatewayContext
from paymail.services.forecast.explanation import explain
from paymail.services.forecast.forecast import forecast
from paymail.services.links.lookup import PaymentAwaited
from paymail.services.payments import checkout
from paymail.services.payments.another_way import pay_another_way
from paymail.services.payments.confirmation import confirm_payment
from paymail.services.reminders import by_hand, planner
from tests.services.emailed_invoice import EmailedInvoice

BEFORE, DUE_MORNING, NOON = "2026-04-12T12:00", "2026-04-13T09:00", "2026-04-13T12:00"
"""Due on Saturday the 11th: the reminder of the due date goes out on Monday."""
END = "2026-04-14T23:59"


def context(emailed: EmailedInvoice) -> GatewayContext:
    return GatewayContext(emailed.context.transaction, emailed.now, emailed.gateway)


def begins(emailed: EmailedInvoice, kind: str = "konbini", until: str = END) -> Intent:
    """The customer chooses how to pay, and the page tells us."""
    token = emailed.invoice().payment_token or ""
    intent = checkout.start_payment(context(emailed), token=token)
    emailed.gateway.await_customer(intent.id, kind, emailed.now_at(until) if until else None)
    with pytest.raises(PaymentAwaited):
        confirm_payment(context(emailed), token=token, intent_id=intent.id)
    return intent


def reason(emailed: EmailedInvoice) -> str:
    with db.reading(emailed.engine) as session:
        return explain(session, invoice_id=502, now=emailed.clock).reason


def due(emailed: EmailedInvoice) -> Message:
    """The reminder of the due date."""
    return next(one for one in emailed.messages("reminder") if one.step == "0")


def stamp(at: datetime) -> str:
    return at.isoformat(timespec="minutes")


def test_a_reminder_waits_for_the_customers_payment_and_says_so(emailed: EmailedInvoice) -> None:
    begins(emailed.at(BEFORE))
    assert emailed.at(DUE_MORNING).turn() == 0
    end = emailed.now_at(END)
    assert reason(emailed) == f"held: waits for the customer's payment by Konbini until {stamp(end)}"
    with db.reading(emailed.engine) as session:
        (held,) = [one for one in forecast(session, now=emailed.clock, days=1) if one.step == "0"]
    assert "waits for the customer's payment by Konbini" in held.held


def test_one_that_is_written_waits_at_its_hand_over(emailed: EmailedInvoice) -> None:
    emailed.at(DUE_MORNING)
    planner.plan_due(emailed.context)
    begins(emailed)
    assert emailed.turn() == 0
    message = due(emailed)
    assert (message.state, message.held) == (MessageState.SCHEDULED, True)
    assert "waits for the customer's payment by Konbini" in message.reason


def test_a_choice_that_nobody_told_us_of_is_found_by_asking_before_the_dot(emailed: EmailedInvoice) -> None:
    token = emailed.invoice().payment_token or ""
    intent = checkout.start_payment(context(emailed.at(DUE_MORNING)), token=token)
    emailed.gateway.await_customer(intent.id, "konbini", emailed.now_at(END))
    assert emailed.turn() == 0
    assert "waits for the customer's payment by Konbini" in due(emailed).reason


def test_it_goes_out_once_the_code_has_expired_at_stripe(emailed: EmailedInvoice) -> None:
    intent = begins(emailed.at(BEFORE))
    emailed.at(DUE_MORNING).turn()
    emailed.gateway.give_up(intent.id)
    emailed.at("2026-04-15T00:10")
    reconciliation.catch_up(context(emailed), live=False)
    assert emailed.turn() == 0  # at night
    assert emailed.at("2026-04-15T09:00").turn() == 1
    assert emailed.messages("payment_failed") == []


def test_after_the_end_stripe_decides_and_until_then_nothing_goes(emailed: EmailedInvoice) -> None:
    intent = begins(emailed.at(BEFORE))
    emailed.at("2026-04-15T09:00")
    assert emailed.turn() == 0
    assert "Stripe has not said yet how it ended" in reason(emailed)
    emailed.gateway.succeed(intent.id)
    reconciliation.catch_up(context(emailed), live=False)
    assert emailed.at("2026-04-15T11:00").turn() == 1
    assert [one.kind for one in emailed.messages() if one.state is MessageState.SENT] == ["receipt"]


def test_a_payment_that_stripe_does_not_answer_for_holds_a_day_and_then_staff_are_told(
    emailed: EmailedInvoice,
) -> None:
    intent = begins(emailed.at(BEFORE))
    assert emailed.at("2026-04-15T12:00").turn() == 0
    assert "Stripe has not said yet how it ended" in reason(emailed)
    assert emailed.messages("notice") == []
    del emailed.gateway.intents[intent.id]
    assert emailed.at("2026-04-16T12:00").turn() == 1
    assert [one.kind for one in emailed.messages() if one.state is MessageState.SENT] == ["notice"]
    assert "could not be checked with Stripe" in due(emailed).reason


def test_the_reconciler_asks_at_the_end_of_a_long_code(emailed: EmailedInvoice) -> None:
    begins(emailed.at("2026-03-20T12:00"), until="2026-03-27T23:59")
    emailed.at("2026-03-27T12:00")
    reconciliation.catch_up(context(emailed), live=False)
    with db.reading(emailed.engine) as session:
        look_at = session.get_one(PaymentAttempt, 1).look_at
    assert look_at == emailed.now_at("2026-03-27T23:59") + timedelta(minutes=5)


def test_choosing_another_way_lets_it_go(emailed: EmailedInvoice) -> None:
    intent = begins(emailed.at(BEFORE))
    emailed.at(DUE_MORNING).turn()
    pay_another_way(context(emailed), token=emailed.invoice().payment_token or "", intent_id=intent.id)
    assert emailed.turn() == 1


def test_a_transfer_without_an_end_holds_a_week(emailed: EmailedInvoice) -> None:
    begins(emailed.at("2026-04-07T12:00"), "customer_balance", "")
    assert emailed.at(DUE_MORNING).turn() == 0
    assert emailed.at("2026-04-14T12:00").turn() == 1
    with db.reading(emailed.engine) as session:
        assert session.get_one(PaymentAttempt, 1).status is AttemptStatus.WAITING


def test_staff_may_remind_by_hand_meanwhile(emailed: EmailedInvoice) -> None:
    begins(emailed.at(NOON))
    with db.transaction(emailed.engine) as session:
        by_hand.remind_by_hand(session, invoice_id=502, actor="amy", now=emailed.clock)
    assert emailed.turn() == 1
