"""Stripe's intents (Stripe documentation, "The PaymentIntent object")."""

import stripe

from paymail.gateway.translation.errors import StripeRefused
from paymail.gateway.translation.methods import method_of
from paymail.ports.payments import Intent, IntentStatus


def intent_from(found: stripe.PaymentIntent, account: str) -> Intent:
    """Return the facts we use of Stripe's intent. Raises StripeRefused for a status unknown to us."""
    try:
        status = IntentStatus(found.status)
    except ValueError as error:
        raise StripeRefused("Stripe reports a payment status that paymail does not know") from error
    return Intent(
        id=found.id,
        account=account,
        status=status,
        amount=found.amount,
        amount_received=found.amount_received or 0,
        currency=found.currency.upper(),
        client_secret=found.client_secret or "",
        livemode=found.livemode,
        invoice_id=_metadata(found, "invoice_id"),
        method=method_of(found),
        failure=_failure(found),
        created=found.created,
        attempt_id=_metadata(found, "attempt_id"),
        fee=getattr(found, "application_fee_amount", None) or 0,
    )


def _failure(found: stripe.PaymentIntent) -> str:
    # The SDK's objects raise for a field that Stripe left out: only a declined card has a decline code.
    failure = found.last_payment_error
    return getattr(failure, "decline_code", None) or getattr(failure, "code", None) or ""


def _metadata(found: stripe.PaymentIntent, name: str) -> str:
    # The SDK's objects have no `get`: they are not dicts.
    metadata = found.metadata
    return str(metadata[name]) if metadata and name in metadata else ""
