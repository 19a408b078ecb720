"""Asking Stripe for an intent: with what, and again without what must never stop a payment."""

from collections.abc import Mapping
from typing import cast

import stripe
import stripe.params

from paymail import observability
from paymail.gateway.statement_descriptor import suffix_of
from paymail.ports.payment_methods import EXCLUDED
from paymail.ports.payments import described
from paymail.ports.saved_methods import FUTURE_USAGE

log = observability.logger(__name__)
_SUFFIX = "statement_descriptor_suffix"


def intent_params(
    amount: int, currency: str, metadata: Mapping[str, str], fee: int, invoice_number: str, customer: str
) -> stripe.params.PaymentIntentCreateParams:
    """Return what an intent is asked for with. The same arguments always give the same parameters."""
    asked: stripe.params.PaymentIntentCreateParams = {
        "amount": amount,
        "currency": currency.lower(),
        "automatic_payment_methods": {"enabled": True},
        "excluded_payment_method_types": list(EXCLUDED),
        "metadata": dict(metadata),
    }
    if fee:
        asked["application_fee_amount"] = fee
    if invoice_number:
        asked["description"] = described(invoice_number)
    if customer:
        asked["customer"], asked["setup_future_usage"] = customer, FUTURE_USAGE
    if suffix := suffix_of(invoice_number):
        asked["statement_descriptor_suffix"] = suffix
    return asked


def create(
    client: stripe.StripeClient, asked: stripe.params.PaymentIntentCreateParams, *, account: str, key: str
) -> stripe.PaymentIntent:
    """Create an intent; without its statement descriptor suffix where that is what Stripe refuses.

    An account may have no descriptor, or a longer prefix than it should. The second request has a key of
    its own, made from the first: asked again in the same way, the two end at the same intent.
    """
    intents = client.v1.payment_intents
    try:
        return intents.create(asked, {"stripe_account": account, "idempotency_key": key})
    except stripe.error.InvalidRequestError as error:
        if _SUFFIX not in asked or "statement_descriptor" not in (error.param or ""):
            raise
        log.warning("Stripe refused the statement descriptor suffix", account=account, code=error.code)
    bare = {name: value for name, value in asked.items() if name != _SUFFIX}
    return intents.create(
        cast("stripe.params.PaymentIntentCreateParams", bare),
        {"stripe_account": account, "idempotency_key": f"{key}-bare"},
    )
