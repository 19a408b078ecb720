"""A deploy between a request and its repetition: the intent is asked for otherwise, and only one is paid."""

from sqlalchemy import Engine

from paymail.models import AttemptStatus, Payment
from paymail.services.core.invoices import load_invoice
from paymail.services.ledger.attempts import new_attempt, wanted_terms
from tests.services.paying_customer import PayingCustomer


def attempt_of_an_earlier_version(payer: PayingCustomer, *, asked: bool) -> str:
    """An attempt that the earlier version wrote, and perhaps asked Stripe about, before it was stopped."""
    with payer.transaction() as session:
        invoice = load_invoice(session, invoice_id=502, lock=True)
        attempt = new_attempt(session, invoice, wanted_terms(invoice, 8250), payer.now)
    if asked:
        payer.gateway.create_intent(
            account=attempt.account,
            amount=attempt.amount,
            currency=attempt.currency,
            metadata={"invoice_id": "502", "attempt_id": str(attempt.attempt_id)},
            idempotency_key=attempt.idempotency_key,
        )
    return attempt.idempotency_key


def test_an_intent_that_the_earlier_version_made_is_left_and_another_one_is_paid(engine: Engine) -> None:
    payer = PayingCustomer(engine)
    before = attempt_of_an_earlier_version(payer, asked=True)
    intent = payer.start()
    (attempt,) = payer.attempts()
    assert (attempt.status, attempt.intent_id) == (AttemptStatus.OPEN, intent.id)
    assert attempt.idempotency_key != before
    assert payer.gateway.by_key[before] != intent.id
    payer.pay()
    assert [payment.intent_id for payment in payer.all(Payment)] == [intent.id]


def test_a_key_that_the_earlier_version_only_stored_is_used(engine: Engine) -> None:
    payer = PayingCustomer(engine)
    before = attempt_of_an_earlier_version(payer, asked=False)
    assert payer.gateway.by_key == {before: payer.start().id}


def test_the_invoices_number_goes_along(engine: Engine) -> None:
    payer = PayingCustomer(engine)
    payer.start()
    (asked,) = payer.gateway.asked.values()
    assert payer.invoice().number in asked  # type: ignore[operator]
