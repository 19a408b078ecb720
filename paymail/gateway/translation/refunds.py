"""Stripe's refunds (Stripe documentation, "The Refund object")."""

import stripe

from paymail.gateway.translation.fields import number, readable, reference, text
from paymail.ports.reversals import GatewayRefund

_STATUSES = {
    "pending": "pending",
    "requires_action": "pending",
    "succeeded": "succeeded",
    "failed": "failed",
    "canceled": "failed",
}


def refund_from(found: stripe.Refund) -> GatewayRefund:
    """Return the facts of a refund. Raises Unreadable.

    `requires_action` waits for the customer, so it is pending; `canceled` gave nothing back, so it failed.
    The status may be null: like a word that we do not know, it is taken as pending.
    """
    with readable("refund", found):
        word = text(found, "status")
        return GatewayRefund(
            id=found.id,
            intent_id=reference(found, "payment_intent"),
            amount=found.amount,
            currency=found.currency.upper(),
            status=_STATUSES.get(word, "pending"),
            failure=text(found, "failure_reason") or ("canceled" if word == "canceled" else ""),
            reference=_reference(found),
            created=number(found, "created"),
            unfamiliar="" if word in _STATUSES else word or "none",
        )


def _reference(found: stripe.Refund) -> str:
    # Code before named the row by its id alone.
    return (text(found, "metadata", "refund_reference") or text(found, "metadata", "refund_id"))[:60]
