"""A payment that waits for the customer's own act: one at a time, recorded once, and never beside another."""

from collections.abc import Callable
from datetime import timedelta
from itertools import permutations

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError

from paymail import db
from paymail.errors import Unavailable
from paymail.models import AttemptStatus, PaymentAttempt, PaymentStatus
from paymail.ports.payments import Intent, IntentStatus
from paymail.services.ledger import awaited_payments
from paymail.services.links import pay_links
from paymail.services.links.lookup import AlreadyPaying, PaymentAwaited
from paymail.services.payments import adjustments, intent_cancellation, manual_payments
from paymail.services.payments.another_way import pay_another_way
from paymail.services.payments.confirmation import NotYetPaid, confirm_payment
from paymail.services.payments.manual_payments import Channel, ManualPayment
from tests.factories import NOW
from tests.services.interrupted import Interrupted
from tests.services.paying_customer import PayingCustomer

END = NOW + timedelta(days=3)
WAITING, OPEN, CANCELLING = AttemptStatus.WAITING, AttemptStatus.OPEN, AttemptStatus.CANCELLING
CANCELED, SUCCEEDED = AttemptStatus.CANCELED, AttemptStatus.SUCCEEDED
PROCESSING = AttemptStatus.PROCESSING


@pytest.fixture
def payer(engine: Engine) -> PayingCustomer:
    payer = PayingCustomer(engine, Interrupted())
    payer.allow_parts()
    return payer


def voucher(payer: PayingCustomer) -> Intent:
    """The customer picks Konbini, and the page tells us."""
    intent = payer.gateway.await_customer(payer.start().id, "konbini", END)
    with pytest.raises(PaymentAwaited):
        confirm_payment(payer.context, token=payer.token, intent_id=intent.id)
    return intent


def another_way(payer: PayingCustomer, intent: Intent) -> None:
    pay_another_way(payer.context, token=payer.token, intent_id=intent.id)


def states(payer: PayingCustomer) -> list[AttemptStatus]:
    return [attempt.status for attempt in payer.attempts()]


def test_the_page_brings_the_news_with_end_and_instructions(payer: PayingCustomer) -> None:
    intent = voucher(payer)
    with db.reading(payer.engine) as session:
        found = awaited_payments.awaited(session, invoice_id=502)
    assert found is not None
    assert (found.intent_id, found.name, found.until) == (intent.id, "Konbini", END)
    assert found.instructions_url == f"https://payments.stripe.com/konbini/voucher/{intent.id}"
    assert payer.invoice().payment_status is PaymentStatus.UNPAID
    assert payer.happened("payment_waiting") == 1


def test_the_event_alone_brings_it_when_the_browser_is_closed(payer: PayingCustomer) -> None:
    intent = payer.gateway.await_customer(payer.start().id, "oxxo", END)
    payer.tell("payment_intent.requires_action", intent.id)
    payer.tell("payment_intent.requires_action", intent.id)
    assert (states(payer), payer.happened("payment_waiting")) == ([WAITING], 1)


def test_a_challenge_of_a_card_is_no_such_wait(payer: PayingCustomer) -> None:
    intent = payer.start()
    payer.gateway.set(intent.id, status=IntentStatus.REQUIRES_ACTION)
    payer.tell("payment_intent.requires_action", intent.id)
    with pytest.raises(NotYetPaid):
        confirm_payment(payer.context, token=payer.token, intent_id=intent.id)
    assert states(payer) == [OPEN]


@pytest.mark.parametrize("amount", [None, 2000])
def test_another_window_starts_nothing_beside_it(payer: PayingCustomer, amount: int | None) -> None:
    intent = voucher(payer)
    with pytest.raises(PaymentAwaited):
        payer.start(amount=amount)
    assert payer.payable() == [(intent.id, 8250)]
    assert states(payer) == [WAITING]


def test_another_window_is_refused_before_we_were_told_too(payer: PayingCustomer) -> None:
    intent = payer.gateway.await_customer(payer.start().id, "konbini", END)
    with pytest.raises(PaymentAwaited):
        payer.start()
    assert (payer.payable(), states(payer)) == ([(intent.id, 8250)], [WAITING])


def test_a_code_that_is_made_while_another_window_asks_stays(payer: PayingCustomer) -> None:
    intent = payer.start()
    payer.gateway.after_retrieve = lambda: voucher(payer)
    with pytest.raises(PaymentAwaited):
        payer.start()
    assert (payer.payable(), states(payer)) == ([(intent.id, 8250)], [WAITING])


def test_the_database_itself_refuses_a_second_attempt_beside_it(payer: PayingCustomer) -> None:
    # What code of before, which does not know the state, would do.
    voucher(payer)
    copied = (
        "INSERT INTO payment_attempts (attempt_id, invoice_id, generation, account, amount, fee, currency,"
        " idempotency_key, status, declines, created_at, updated_at)"
        " SELECT 99, invoice_id, 2, account, amount, fee, currency, 'k', 'creating', 0, created_at,"
        " updated_at"
        " FROM payment_attempts"
    )
    with pytest.raises(IntegrityError), payer.transaction() as session:
        session.execute(text(copied))


def test_another_way_cancels_it_and_the_invoice_is_payable_anew(payer: PayingCustomer) -> None:
    intent = voucher(payer)
    another_way(payer, intent)
    assert (payer.payable(), states(payer)) == ([], [CANCELED])
    assert payer.happened("another_way_chosen") == 1
    row = payer.attempts()[0]
    assert (row.waits_for, row.expires_at, row.instructions_url) == ("", None, "")
    second = payer.start()
    assert payer.payable() == [(second.id, 8250)]


def test_another_way_pressed_twice_or_on_an_old_page_takes_nothing_new(payer: PayingCustomer) -> None:
    intent = voucher(payer)
    another_way(payer, intent)
    second = voucher(payer)
    another_way(payer, intent)
    assert payer.payable() == [(second.id, 8250)]
    assert states(payer) == [CANCELED, WAITING]


def test_money_that_comes_as_another_way_is_chosen_is_recorded_once(payer: PayingCustomer) -> None:
    intent = voucher(payer)
    payer.gateway.before_cancel = lambda: payer.gateway.succeed(intent.id)
    another_way(payer, intent)
    payer.tell("payment_intent.succeeded", intent.id)
    assert (states(payer), payer.invoice().amount_paid) == ([SUCCEEDED], 8250)
    assert len(payer.mails("receipt")) == 1


def test_an_approval_that_clears_as_another_way_is_chosen_starts_no_other(payer: PayingCustomer) -> None:
    intent = voucher(payer)
    payer.gateway.before_cancel = lambda: payer.gateway.set(
        intent.id, status=IntentStatus.PROCESSING, waiting=None
    )
    another_way(payer, intent)
    assert states(payer) == [PROCESSING]
    with pytest.raises(AlreadyPaying):
        payer.start()


def test_while_stripe_is_away_nothing_starts_and_the_sweep_cancels_it(payer: PayingCustomer) -> None:
    intent = voucher(payer)

    def away() -> None:
        raise Unavailable("Stripe could not be reached in time")

    payer.gateway.after_retrieve = away
    another_way(payer, intent)
    assert states(payer) == [CANCELLING]
    payer.gateway.after_retrieve = away
    with pytest.raises(Unavailable):
        payer.start()
    payer.later(minutes=1)
    intent_cancellation.cancel_marked(payer.context)
    assert (payer.payable(), states(payer)) == ([], [CANCELED])


def test_the_code_expires_without_an_email_and_the_same_intent_is_paid(payer: PayingCustomer) -> None:
    intent = voucher(payer)
    payer.now = END + timedelta(minutes=1)
    payer.gateway.give_up(intent.id)
    payer.tell("payment_intent.payment_failed", intent.id)
    assert (states(payer), payer.happened("payment_expired")) == ([OPEN], 1)
    assert payer.mails("payment_failed") == []
    assert payer.start().id == intent.id
    assert payer.pay().amount == 8250


def test_who_pays_after_the_end_asks_stripe_first(payer: PayingCustomer) -> None:
    intent = voucher(payer)
    payer.now = END + timedelta(minutes=1)
    with pytest.raises(PaymentAwaited):
        payer.start()
    payer.gateway.give_up(intent.id)
    assert payer.start().id == intent.id
    assert states(payer) == [OPEN]


def test_an_expired_code_or_a_refused_approval_is_no_declined_card(payer: PayingCustomer) -> None:
    for failure in ("payment_intent_payment_attempt_expired", "payment_method_customer_decline"):
        for _ in range(8):
            intent = voucher(payer)
            payer.gateway.give_up(intent.id, failure)
            payer.tell("payment_intent.payment_failed", intent.id)
    assert payer.attempts()[0].declines == 0
    assert payer.start()


def test_money_that_comes_after_it_was_cancelled_is_recorded_once(payer: PayingCustomer) -> None:
    intent = voucher(payer)
    another_way(payer, intent)
    payer.gateway.succeed(intent.id)
    for _ in range(2):
        payer.tell("payment_intent.succeeded", intent.id)
    assert (states(payer), payer.invoice().amount_paid) == ([SUCCEEDED], 8250)
    assert len(payer.mails("receipt")) == 1


EVENTS = ("requires_action", "payment_failed", "succeeded", "succeeded")


@pytest.mark.parametrize("order", sorted(set(permutations(EVENTS))), ids="-".join)
def test_events_in_any_order_and_repeated_come_to_one_payment(
    payer: PayingCustomer, order: tuple[str, ...]
) -> None:
    intent = payer.gateway.await_customer(payer.start().id, "payto")
    payer.gateway.give_up(intent.id, "payment_method_customer_decline")
    payer.gateway.succeed(intent.id)
    for kind in order:
        payer.tell(f"payment_intent.{kind}", intent.id)
    assert (states(payer), payer.invoice().amount_paid) == ([SUCCEEDED], 8250)
    assert len(payer.mails("receipt")) == 1


def test_old_news_that_it_waits_does_not_undo_that_it_expired(payer: PayingCustomer) -> None:
    intent = voucher(payer)
    payer.gateway.after_retrieve = lambda: (
        payer.later(seconds=1),
        payer.gateway.give_up(intent.id),
        payer.tell("payment_intent.payment_failed", intent.id),
    )
    with pytest.raises(NotYetPaid):
        confirm_payment(payer.context, token=payer.token, intent_id=intent.id)
    assert states(payer) == [OPEN]


def by_hand(payer: PayingCustomer) -> None:
    asked = ManualPayment(2000, Channel.CASH, payer.now.date())
    with payer.transaction() as session:
        manual_payments.record_payment(session, invoice_id=502, asked=asked, actor="amy", now=payer.now)


def void(payer: PayingCustomer) -> None:
    with payer.transaction() as session:
        adjustments.void(session, invoice_id=502, reason="wrong", actor="amy", now=payer.now)


def write_off(payer: PayingCustomer) -> None:
    with payer.transaction() as session:
        adjustments.write_off(session, invoice_id=502, reason="small", actor="amy", now=payer.now, amount=250)


def new_link(payer: PayingCustomer) -> None:
    with payer.transaction() as session:
        pay_links.regenerate(session, invoice_id=502, actor="amy", now=payer.now)


@pytest.mark.parametrize("change", [by_hand, void, write_off, new_link])
def test_what_changes_the_books_cancels_it_as_it_does_an_open_one(
    payer: PayingCustomer, change: Callable[[PayingCustomer], None]
) -> None:
    voucher(payer)
    change(payer)
    assert states(payer) == [CANCELLING]
    intent_cancellation.cancel_marked(payer.context)
    assert (payer.payable(), states(payer)) == ([], [CANCELED])


def test_a_choice_of_another_method_in_the_same_window_replaces_the_first(payer: PayingCustomer) -> None:
    intent = voucher(payer)
    payer.gateway.await_customer(intent.id, "payto")
    payer.tell("payment_intent.requires_action", intent.id)
    row: PaymentAttempt = payer.attempts()[0]
    assert (row.waits_for, row.expires_at, row.instructions_url) == ("payto", None, "")
    assert payer.happened("payment_waiting") == 2


def test_another_amount_after_the_code_has_expired_is_no_other_window(payer: PayingCustomer) -> None:
    intent = voucher(payer)
    payer.gateway.give_up(intent.id)
    second = payer.start(amount=2000)
    assert payer.payable() == [(second.id, 2000)]
    assert states(payer) == [CANCELED, OPEN]
