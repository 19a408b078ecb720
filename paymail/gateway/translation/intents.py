"""Stripe's intents (Stripe documentation, "The PaymentIntent object")."""

import stripe

from paymail.gateway.translation.fields import number, optional, readable, text
from paymail.gateway.translation.methods import method_of
from paymail.gateway.translation.next_actions import failed_kind_of, waiting_of
from paymail.gateway.translation.reusable_methods import reusable_from
from paymail.ports.payments import Intent, IntentStatus

_KNOWN = {status.value: status for status in IntentStatus if status is not IntentStatus.UNKNOWN}


def intent_from(found: stripe.PaymentIntent, account: str) -> Intent:
    """Return the facts we use of Stripe's intent. Raises Unreadable."""
    with readable("payment", found):
        word = text(found, "status")
        status = _KNOWN.get(word, IntentStatus.UNKNOWN)
        return Intent(
            id=found.id,
            account=account,
            status=status,
            amount=found.amount,
            amount_received=number(found, "amount_received"),
            currency=found.currency.upper(),
            client_secret=text(found, "client_secret"),
            livemode=optional(found, "livemode") is True,
            invoice_id=text(found, "metadata", "invoice_id"),
            method=method_of(optional(found, "latest_charge", "payment_method_details")),
            failure=_failure(found),
            created=number(found, "created"),
            attempt_id=text(found, "metadata", "attempt_id"),
            fee=number(found, "application_fee_amount"),
            description=text(found, "description"),
            reusable=reusable_from(found),
            failed_kind=failed_kind_of(found),
            failed_method=method_of(optional(found, "last_payment_error", "payment_method")),
            tried_at=number(found, "latest_charge", "created"),
            waiting=waiting_of(found),
            unfamiliar=(word or "none") if status is IntentStatus.UNKNOWN else "",
        )


def _failure(found: stripe.PaymentIntent) -> str:
    # Only a declined card has a decline code.
    failure = optional(found, "last_payment_error")
    return text(failure, "decline_code") or text(failure, "code")
