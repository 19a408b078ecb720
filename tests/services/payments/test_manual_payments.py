"""What staff write into the books, and what it does to a payment page that is open."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from sqlalchemy import Engine, func, select

from paymail.errors import Conflict, InvalidInput
from paymail.models import AttemptStatus, Channel, InvoiceStatus, Payment, PaymentStatus
from paymail.money import NotChargeable
from paymail.ports.payments import IntentStatus
from paymail.services.links import lookup
from paymail.services.payments import adjustments, intent_cancellation, manual_payments
from paymail.services.payments.card_testing import TooManyDeclines
from paymail.services.payments.manual_payments import ManualPayment
from tests.factories import make_invoice
from tests.services.paying_customer import PayingCustomer

DAY = date(2026, 3, 16)


def record(
    payer: PayingCustomer, amount: int, key: str | None = None, *, invoice_id: int = 502, **more: object
) -> int:
    asked = ManualPayment(amount, Channel.BANK_TRANSFER, DAY, "ref 7", key)
    with payer.transaction() as session:
        payment = manual_payments.record_payment(
            session, invoice_id=invoice_id, asked=asked, actor="amy@staff.example", now=payer.now, **more
        )
        return payment.payment_id


def test_a_bank_transfer_pays_the_invoice_and_sends_one_receipt(engine: Engine) -> None:
    payer = PayingCustomer(engine)
    first = record(payer, 8250, key="form-1")
    assert record(payer, 8250, key="form-1") == first
    invoice = payer.invoice()
    assert (invoice.payment_status, invoice.balance, invoice.amount_paid) == (PaymentStatus.PAID, 0, 8250)
    assert len(payer.mails("receipt")) == 1


def test_a_key_of_another_payment_is_refused(engine: Engine) -> None:
    payer = PayingCustomer(engine)
    record(payer, 1000, key="form-1")
    with pytest.raises(Conflict):
        record(payer, 2000, key="form-1")
    assert payer.invoice().amount_paid == 1000


def test_the_same_key_at_the_same_moment_records_one_payment(engine: Engine) -> None:
    payer = PayingCustomer(engine)
    with ThreadPoolExecutor(4) as pool:
        found = set(pool.map(lambda _: record(payer, 1000, key="form-1"), range(4)))
    assert (len(found), payer.invoice().amount_paid) == (1, 1000)


def test_the_same_key_at_the_same_moment_for_two_invoices_records_one_payment(engine: Engine) -> None:
    payer = PayingCustomer(engine)
    with payer.transaction() as session:
        make_invoice(session, invoice_id=503)
    with ThreadPoolExecutor(2) as pool:
        asked = [pool.submit(record, payer, 1000, "form-1", invoice_id=number) for number in (502, 503)]
    assert sorted(type(one.exception()).__name__ for one in asked) == ["KeyReused", "NoneType"]
    with payer.transaction() as session:
        assert session.scalar(select(func.count()).select_from(Payment)) == 1


def test_a_key_of_a_payment_that_was_refused_may_be_used_again(engine: Engine) -> None:
    payer = PayingCustomer(engine)
    with pytest.raises(InvalidInput):
        record(payer, 0, key="form-1")
    assert record(payer, 1000, key="form-1")


def test_an_open_page_cannot_charge_the_old_balance(engine: Engine) -> None:
    payer = PayingCustomer(engine)
    intent = payer.start()
    record(payer, 5000)
    assert payer.attempts()[0].status is AttemptStatus.CANCELLING
    assert intent_cancellation.cancel_marked(payer.context) == 1
    assert payer.gateway.intents[intent.id].status is IntentStatus.CANCELED
    assert payer.attempts()[0].status is AttemptStatus.CANCELED
    following = payer.start()
    assert (following.id != intent.id, following.amount) == (True, 3250)


def test_a_new_page_withdraws_the_old_intent_by_itself(engine: Engine) -> None:
    payer = PayingCustomer(engine)
    intent = payer.start()
    record(payer, 5000)
    following = payer.start()
    assert payer.gateway.intents[intent.id].status is IntentStatus.CANCELED
    assert following.amount == 3250


def test_a_customer_who_was_faster_is_recorded_as_a_surplus_and_staff_are_told(engine: Engine) -> None:
    payer = PayingCustomer(engine)
    intent = payer.start()
    record(payer, 8250)
    payer.gateway.succeed(intent.id)
    intent_cancellation.cancel_marked(payer.context)
    invoice = payer.invoice()
    assert (invoice.amount_paid, invoice.overpaid) == (16500, 8250)
    assert invoice.payment_status is PaymentStatus.PAID
    assert len(payer.mails("notice")) == 1
    assert len(payer.mails("receipt")) == 2


def test_stripe_being_away_delays_the_withdrawal_and_loses_nothing(engine: Engine) -> None:
    payer = PayingCustomer(engine)
    intent = payer.start()
    record(payer, 5000)
    gone = payer.gateway.intents.pop(intent.id)
    intent_cancellation.cancel_marked(payer.context)
    payer.gateway.intents[intent.id] = gone
    assert intent_cancellation.cancel_marked(payer.context) == 0  # not again at once
    payer.later(minutes=1)
    assert intent_cancellation.cancel_marked(payer.context) == 1
    assert payer.attempts()[0].status is AttemptStatus.CANCELED


@pytest.mark.parametrize(
    ("amount", "channel", "day", "word"),
    [
        (0, Channel.CASH, DAY, "above zero"),
        (-5, Channel.CASH, DAY, "above zero"),
        (8250 * 11, Channel.CASH, DAY, "check for a typo"),
        (100, Channel.STRIPE, DAY, "cannot be entered manually"),
        (100, Channel.CASH, date(2026, 3, 18), "today"),
        (100, Channel.CASH, date(1999, 1, 1), "between"),
    ],
)
def test_what_cannot_be_is_refused(
    engine: Engine, amount: int, channel: Channel, day: date, word: str
) -> None:
    payer = PayingCustomer(engine)
    asked = ManualPayment(amount, channel, day)
    with payer.transaction() as session, pytest.raises(InvalidInput, match=word):
        manual_payments.record_payment(session, invoice_id=502, asked=asked, actor="a", now=payer.now)
    assert payer.invoice().amount_paid == 0


def test_a_write_off_ends_the_asking_and_can_be_undone(engine: Engine) -> None:
    payer = PayingCustomer(engine)
    record(payer, 5000)
    with payer.transaction() as session:
        adjustments.write_off(session, invoice_id=502, reason="insolvent", actor="amy", now=payer.now)
    invoice = payer.invoice()
    assert (invoice.balance, invoice.owed, invoice.amount_written_off) == (0, False, 3250)
    assert invoice.payment_status is PaymentStatus.PARTIAL
    with pytest.raises(lookup.NotPayable):
        payer.start()
    payer.later(days=90)
    with payer.transaction() as session:
        adjustments.undo_write_off(session, invoice_id=502, actor="amy", now=payer.now)
    invoice = payer.invoice()
    assert (invoice.balance, invoice.owed, invoice.reminders_from) == (3250, True, payer.now)


def test_a_void_invoice_takes_no_payment_and_its_intent_is_cancelled(engine: Engine) -> None:
    payer = PayingCustomer(engine)
    intent = payer.start()
    with payer.transaction() as session:
        adjustments.void(session, invoice_id=502, reason="billed twice", actor="amy", now=payer.now)
    intent_cancellation.cancel_marked(payer.context)
    assert payer.gateway.intents[intent.id].status is IntentStatus.CANCELED
    assert payer.invoice().status is InvoiceStatus.VOID
    with pytest.raises(lookup.NotPayable):
        payer.start()


def test_an_invoice_that_was_paid_for_is_not_voided(engine: Engine) -> None:
    payer = PayingCustomer(engine)
    record(payer, 100)
    with payer.transaction() as session, pytest.raises(Conflict):
        adjustments.void(session, invoice_id=502, reason="x", actor="amy", now=payer.now)


def test_eight_declined_cards_close_the_page_for_an_hour(engine: Engine) -> None:
    payer = PayingCustomer(engine)
    intent = payer.start()
    payer.gateway.set(intent.id, failure="card_declined")
    for _ in range(8):
        payer.tell("payment_intent.payment_failed", intent.id)
    assert payer.attempts()[0].status is AttemptStatus.CANCELLING
    assert len(payer.mails("notice")) == 1
    with pytest.raises(TooManyDeclines):
        payer.start()
    intent_cancellation.cancel_marked(payer.context)
    payer.later(minutes=61)
    assert payer.start().id != intent.id


def test_a_smallest_part_that_no_card_can_be_charged_with_is_refused(engine: Engine) -> None:
    payer = PayingCustomer(engine, currency="KWD", subtotal=82500, tax=0)
    with payer.transaction() as session, pytest.raises(NotChargeable):
        adjustments.allow_parts(session, invoice_id=502, minimum=10005, actor="amy", now=payer.now)
