"""Confirming with something else than the payment that was asked for: refused, and written into the log."""

import pytest
import structlog
from sqlalchemy import Engine

from paymail.errors import Conflict
from paymail.models import Payment, PaymentStatus
from paymail.ports.payments import IntentStatus
from paymail.services.payments import checkout, confirmation
from tests.factories import make_invoice
from tests.services.till import Till


def refused(till: Till, intent_id: str, kind: type[Exception]) -> list[str]:
    """Confirm, which must fail and record nothing; return what the log says."""
    with structlog.testing.capture_logs() as lines, pytest.raises(kind):
        confirmation.confirm_payment(till.context, token=till.token, intent_id=intent_id)
    assert till.all(Payment) == []
    assert till.invoice().payment_status is PaymentStatus.UNPAID
    return [line["event"] for line in lines]


def test_another_invoices_intent_is_refused_though_it_is_paid(engine: Engine) -> None:
    till = Till(engine)
    till.start()
    with till.transaction() as session:
        other = make_invoice(session, invoice_id=503).payment_token or ""
    paid = checkout.start_payment(till.context, token=other)
    till.gateway.succeed(paid.id)
    assert refused(till, paid.id, confirmation.ForeignIntent) == [
        "confirmation refused: the intent is for another invoice"
    ]


@pytest.mark.parametrize("intent_id", ["pi_unknown", "", "pi_1/../x"])
def test_what_is_no_intent_of_ours_is_refused(engine: Engine, intent_id: str) -> None:
    till = Till(engine)
    assert refused(till, intent_id, confirmation.ForeignIntent) == [
        "confirmation refused: the intent is for another invoice"
    ]


@pytest.mark.parametrize("change", [{"currency": "USD"}, {"invoice_id": "503"}, {"invoice_id": ""}])
def test_an_intent_of_ours_that_is_something_else_at_stripe_is_refused(
    engine: Engine, change: dict[str, str]
) -> None:
    till = Till(engine)
    intent = till.start()
    till.gateway.succeed(intent.id)
    till.gateway.set(intent.id, **change)
    assert refused(till, intent.id, Conflict) == ["payment refused: it does not match the request"]


def test_another_accounts_intent_is_refused(engine: Engine) -> None:
    till = Till(engine)
    intent = till.start()
    till.gateway.succeed(intent.id)
    read = till.gateway.retrieve_intent(account="acct_sandbox", intent_id=intent.id)
    till.gateway.retrieve_intent = lambda **_asked: till.gateway.set(read.id, account="acct_other")  # type: ignore[method-assign]
    assert refused(till, intent.id, Conflict) == ["payment refused: it does not match the request"]


def test_an_intent_that_is_not_paid_is_refused(engine: Engine) -> None:
    till = Till(engine)
    intent = till.start()
    assert refused(till, intent.id, confirmation.NotYetPaid) == [
        "confirmation refused: the intent is not paid"
    ]


def test_a_replayed_intent_records_nothing_more(engine: Engine) -> None:
    till = Till(engine)
    payment = till.pay()
    for _ in range(2):
        done = confirmation.confirm_payment(till.context, token=till.token, intent_id=str(payment.intent_id))
        assert (done.paid, done.recorded_now) == (True, False)
    assert (len(till.all(Payment)), len(till.mails("receipt"))) == (1, 1)


def test_another_amount_is_recorded_as_it_arrived_and_logged(engine: Engine) -> None:
    till = Till(engine)
    intent = till.start()
    till.gateway.succeed(intent.id)
    till.gateway.set(intent.id, status=IntentStatus.SUCCEEDED, amount=5000, amount_received=5000)
    with structlog.testing.capture_logs() as lines:
        confirmation.confirm_payment(till.context, token=till.token, intent_id=intent.id)
    assert [line["event"] for line in lines] == ["the amount received differs from the amount requested"]
    assert (till.invoice().amount_paid, till.invoice().balance) == (5000, 3250)
