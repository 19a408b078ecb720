"""A credit note without a payment: the balance falls, nothing goes back, and nothing old can be charged."""

from datetime import date

import pytest
from sqlalchemy import Engine, update

from paymail.errors import PaymailError
from paymail.models import (
    AttemptStatus,
    Channel,
    Invoice,
    InvoiceStatus,
    MessageKind,
    MessageState,
    PaymentStatus,
    Refund,
    RefundStatus,
)
from paymail.services.core.idempotency import KeyReused
from paymail.services.core.invoices import load_invoice
from paymail.services.letters.credit_notes import credit_note_of
from paymail.services.lists.payment_state import PaymentState, state_of
from paymail.services.outbox import queue
from paymail.services.payments import intent_cancellation, manual_payments
from paymail.services.payments.manual_payments import ManualPayment
from paymail.services.payments.summary import State, summary_of
from paymail.services.refunds import refund_requests, unpaid_credits
from paymail.services.refunds.refund_limits import BadRefund, NotRefundable
from paymail.services.refunds.refund_requests import RefundOrder
from tests.services.paying_customer import PayingCustomer


def credit(payer: PayingCustomer, amount: int | None = None, **more: object) -> Refund:
    given = {"reason": "one hour less", "actor": "amy", "now": payer.now} | more
    with payer.transaction() as session:
        return unpaid_credits.credit(session, invoice_id=502, amount=amount, **given)  # type: ignore[arg-type]


def transfer(payer: PayingCustomer, amount: int) -> None:
    asked = ManualPayment(amount, Channel.BANK_TRANSFER, date(2026, 3, 17))
    with payer.transaction() as session:
        manual_payments.record_payment(session, invoice_id=502, asked=asked, actor="amy", now=payer.now)


def test_a_part_is_taken_off_by_a_numbered_note_that_the_customer_is_emailed(engine: Engine) -> None:
    payer = PayingCustomer(engine)
    note = credit(payer, 2000)
    invoice = payer.invoice()
    assert (invoice.balance, invoice.amount_credited, invoice.amount_refunded) == (6250, 2000, 0)
    assert (invoice.payment_status, note.status) == (PaymentStatus.UNPAID, RefundStatus.SUCCEEDED)
    (mail,) = payer.mails("refund")
    assert (mail.refund_id, mail.payment_id) == (note.refund_id, None)
    with payer.transaction() as session:
        paper = credit_note_of(session, refund_id=note.refund_id)
    assert (paper.number, paper.total.minor, paper.tax.minor) == ("CN-000001", 2000, 182)
    assert (paper.before and paper.before.minor, paper.reason) == (8250, "one hour less")
    assert payer.happened("credited") == 1


def test_what_is_open_in_a_browser_cannot_charge_the_old_balance(engine: Engine) -> None:
    payer = PayingCustomer(engine)
    old = payer.start()
    credit(payer, 2000)
    assert [one.status for one in payer.attempts()] == [AttemptStatus.CANCELLING]
    intent_cancellation.cancel_marked(payer.context)
    assert old.id not in dict(payer.payable())
    payer.pay()
    assert (payer.invoice().payment_status, payer.invoice().amount_paid) == (PaymentStatus.PAID, 6250)


def test_a_reminder_that_waits_does_not_ask_for_the_old_balance(engine: Engine) -> None:
    payer = PayingCustomer(engine)
    with payer.transaction() as session:
        invoice = load_invoice(session, invoice_id=502)
        queue.add(
            session, dedupe_key="r", kind=MessageKind.REMINDER, invoice=invoice, actor="r", now=payer.now
        )
    credit(payer, 2000)
    assert [one.state for one in payer.mails("reminder")] == [MessageState.SUPPRESSED]


def test_of_a_whole_invoice_nothing_is_due_and_nobody_is_thanked_or_refunded(engine: Engine) -> None:
    payer = PayingCustomer(engine)
    credit(payer)
    invoice = payer.invoice()
    assert (invoice.balance, invoice.payment_status) == (0, PaymentStatus.UNPAID)
    assert state_of(invoice, None) is PaymentState.NOTHING_DUE
    with payer.transaction() as session:
        assert summary_of(session, invoice=payer.invoice(), now=payer.now).state is State.SETTLED


def test_the_rest_of_a_part_paid_invoice_makes_it_paid(engine: Engine) -> None:
    payer = PayingCustomer(engine)
    transfer(payer, 5000)
    credit(payer)
    invoice = payer.invoice()
    assert (invoice.balance, invoice.amount_credited) == (0, 3250)
    assert invoice.payment_status is PaymentStatus.PAID


def test_the_same_form_twice_is_one_note(engine: Engine) -> None:
    payer = PayingCustomer(engine)
    assert credit(payer, 2000, key="k").refund_id == credit(payer, 2000, key="k").refund_id
    with pytest.raises(KeyReused):
        credit(payer, 2001, key="k")
    assert (len(payer.refunds()), payer.invoice().amount_credited) == (1, 2000)


@pytest.mark.parametrize(
    ("amount", "reason", "refusal"),
    [(8251, "x", BadRefund), (0, "x", BadRefund), (-1, "x", BadRefund), (100, " ", BadRefund)],
)
def test_more_than_is_owed_and_no_reason_are_refused(
    engine: Engine, amount: int, reason: str, refusal: type[PaymailError]
) -> None:
    payer = PayingCustomer(engine)
    with pytest.raises(refusal):
        credit(payer, amount, reason=reason)
    assert payer.refunds() == []


@pytest.mark.parametrize(
    "values",
    [
        {"payment_status": PaymentStatus.PROCESSING},
        {"status": InvoiceStatus.VOID},
        {"status": InvoiceStatus.DRAFT},
        {"amount_paid": 8250, "payment_status": PaymentStatus.PAID},
    ],
)
def test_what_is_not_owed_or_clears_is_not_credited(engine: Engine, values: dict[str, object]) -> None:
    payer = PayingCustomer(engine)
    with payer.transaction() as session:
        session.execute(update(Invoice).values(**values))
    with pytest.raises(NotRefundable):
        credit(payer, 100)


def test_a_later_refund_goes_on_where_the_note_left_the_invoice(engine: Engine) -> None:
    payer = PayingCustomer(engine)
    credit(payer, 2000)
    transfer(payer, 6250)
    with payer.transaction() as session:
        order = RefundOrder(6250, Channel.CASH, "all of it")
        refund_requests.request(session, payment_id=1, order=order, actor="amy", now=payer.now)
    invoice = payer.invoice()
    assert (invoice.amount_credited, invoice.balance) == (8250, 0)
    assert invoice.payment_status is PaymentStatus.REFUNDED
    assert [one.credited_before for one in payer.refunds()] == [0, 2000]
