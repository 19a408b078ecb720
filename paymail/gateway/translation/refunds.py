"""Stripe's refunds (Stripe documentation, "The Refund object")."""

import stripe

from paymail.gateway.translation.errors import StripeRefused
from paymail.gateway.translation.fields import id_of
from paymail.ports.payments import GatewayRefund

_REFUND_STATUSES = {
    "pending": "pending",
    "requires_action": "pending",
    "succeeded": "succeeded",
    "failed": "failed",
    "canceled": "failed",
}


def refund_from(found: stripe.Refund) -> GatewayRefund:
    """Return the facts of a refund. Raises StripeRefused for a status unknown to us.

    `requires_action` waits for the customer, so it is pending; `canceled` gave nothing back, so it failed
    (Stripe documentation, "The Refund object").
    """
    status = _REFUND_STATUSES.get(found.status or "")
    if status is None:
        raise StripeRefused("Stripe reports a refund status that paymail does not know")
    reference = found.metadata["refund_id"] if found.metadata and "refund_id" in found.metadata else ""
    return GatewayRefund(
        id=found.id,
        intent_id=id_of(found.payment_intent),
        amount=found.amount,
        currency=found.currency.upper(),
        status=status,
        failure=getattr(found, "failure_reason", None) or ("canceled" if found.status == "canceled" else ""),
        reference=str(reference)[:20],
    )
