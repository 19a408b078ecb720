"""Confirming with something else than the payment that was asked for: refused, and written into the log."""

import pytest
import structlog
from sqlalchemy import Engine

from paymail.errors import Conflict
from paymail.models import Payment, PaymentStatus
from paymail.ports.payments import IntentStatus
from paymail.services.payments import checkout, confirmation
from tests.factories import make_invoice
from tests.services.paying_customer import PayingCustomer


def refused(payer: PayingCustomer, intent_id: str, kind: type[Exception]) -> list[str]:
    """Confirm, which must fail and record nothing; return what the log says."""
    with structlog.testing.capture_logs() as lines, pytest.raises(kind):
        confirmation.confirm_payment(payer.context, token=payer.token, intent_id=intent_id)
    assert payer.all(Payment) == []
    assert payer.invoice().payment_status is PaymentStatus.UNPAID
    return [line["event"] for line in lines]


def test_another_invoices_intent_is_refused_though_it_is_paid(engine: Engine) -> None:
    payer = PayingCustomer(engine)
    payer.start()
    with payer.transaction() as session:
        other = make_invoice(session, invoice_id=503).payment_token or ""
    paid = checkout.start_payment(payer.context, token=other)
    payer.gateway.succeed(paid.id)
    assert refused(payer, paid.id, confirmation.ForeignIntent) == [
        "confirmation refused: the intent is for another invoice"
    ]


@pytest.mark.parametrize("intent_id", ["pi_unknown", "", "pi_1/../x"])
def test_what_is_no_intent_of_ours_is_refused(engine: Engine, intent_id: str) -> None:
    payer = PayingCustomer(engine)
    assert refused(payer, intent_id, confirmation.ForeignIntent) == [
        "confirmation refused: the intent is for another invoice"
    ]


@pytest.mark.parametrize("change", [{"currency": "USD"}, {"invoice_id": "503"}, {"invoice_id": ""}])
def test_an_intent_of_ours_that_is_something_else_at_stripe_is_refused(
    engine: Engine, change: dict[str, str]
) -> None:
    payer = PayingCustomer(engine)
    intent = payer.start()
    payer.gateway.succeed(intent.id)
    payer.gateway.set(intent.id, **change)
    assert refused(payer, intent.id, Conflict) == ["payment refused: it does not match the request"]


def test_another_accounts_intent_is_refused(engine: Engine) -> None:
    payer = PayingCustomer(engine)
    intent = payer.start()
    payer.gateway.succeed(intent.id)
    read = payer.gateway.retrieve_intent(account="acct_sandbox", intent_id=intent.id)
    payer.gateway.retrieve_intent = lambda **_asked: payer.gateway.set(read.id, account="acct_other")  # type: ignore[method-assign]
    assert refused(payer, intent.id, Conflict) == ["payment refused: it does not match the request"]


def test_an_intent_that_is_not_paid_is_refused(engine: Engine) -> None:
    payer = PayingCustomer(engine)
    intent = payer.start()
    assert refused(payer, intent.id, confirmation.NotYetPaid) == [
        "confirmation refused: the intent is not paid"
    ]


def test_a_replayed_intent_records_nothing_more(engine: Engine) -> None:
    payer = PayingCustomer(engine)
    payment = payer.pay()
    for _ in range(2):
        done = confirmation.confirm_payment(
            payer.context, token=payer.token, intent_id=str(payment.intent_id)
        )
        assert (done.paid, done.recorded_now) == (True, False)
    assert (len(payer.all(Payment)), len(payer.mails("receipt"))) == (1, 1)


def test_another_amount_is_recorded_as_it_arrived_and_logged(engine: Engine) -> None:
    payer = PayingCustomer(engine)
    intent = payer.start()
    payer.gateway.succeed(intent.id)
    payer.gateway.set(intent.id, status=IntentStatus.SUCCEEDED, amount=5000, amount_received=5000)
    with structlog.testing.capture_logs() as lines:
        confirmation.confirm_payment(payer.context, token=payer.token, intent_id=intent.id)
    errors = [line["event"] for line in lines if line["log_level"] == "error"]
    assert errors == ["the amount received differs from the amount requested"]
    assert (payer.invoice().amount_paid, payer.invoice().balance) == (5000, 3250)
