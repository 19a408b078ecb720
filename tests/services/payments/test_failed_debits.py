"""The email about a bank debit that failed says what was to be paid with, when it was begun, and why not."""

from datetime import UTC, date, datetime

import pytest

from paymail.emails import FailedPaymentEmail
from paymail.ports.payments import IntentStatus
from paymail.services.core.contexts import GatewayContext
from paymail.services.letters.letters import letter_for
from paymail.services.payments import checkout, settlement
from tests.services.emailed_invoice import EmailedInvoice

LATE_ON_THE_9TH = int(datetime(2026, 4, 9, 20, 0, tzinfo=UTC).timestamp())
"""The 10th in Sydney."""


def failed(emailed: EmailedInvoice, **said: object) -> FailedPaymentEmail:
    """Let a debit begin and fail, and return the email about it."""
    context = GatewayContext(emailed.context.transaction, emailed.now, emailed.gateway)
    intent = checkout.start_payment(context, token=emailed.invoice().payment_token or "")
    returned = {"status": IntentStatus.REQUIRES_PAYMENT_METHOD, "failure": "insufficient_funds", **said}
    for change in ({"status": IntentStatus.PROCESSING}, returned):
        told = emailed.gateway.set(intent.id, **change)
        with emailed.context.transaction() as session:
            settlement.settle(session, intent=told, source="webhook", now=emailed.clock)
    with emailed.context.transaction() as session:
        (message,) = (session.merge(one) for one in emailed.messages("payment_failed"))
        email = letter_for(session, message=message, public_url="https://x", date=emailed.clock).email
    assert isinstance(email, FailedPaymentEmail)
    return email


def test_it_names_method_day_at_the_issuer_and_reason(emailed: EmailedInvoice) -> None:
    email = failed(emailed, failed_method="Bank debit ending 6789", tried_at=LATE_ON_THE_9TH)
    assert (email.method, email.started_on) == ("Bank debit ending 6789", date(2026, 4, 10))
    assert (email.reason, email.amount.minor) == ("insufficient_funds", 8250)


@pytest.mark.parametrize("tried_at", [0, -1, 2**62])
def test_what_stripe_does_not_say_is_left_out(emailed: EmailedInvoice, tried_at: int) -> None:
    email = failed(emailed, tried_at=tried_at)
    assert (email.method, email.started_on) == ("", None)
