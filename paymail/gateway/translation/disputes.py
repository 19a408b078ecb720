"""Stripe's disputes (Stripe documentation, "The Dispute object")."""

import stripe

from paymail.gateway.translation.fields import id_of
from paymail.ports.payments import GatewayDispute


def dispute_from(found: stripe.Dispute) -> GatewayDispute:
    """Return the facts of a dispute."""
    due = found.evidence_details.due_by if found.evidence_details else None
    return GatewayDispute(
        id=found.id,
        intent_id=id_of(found.payment_intent),
        amount=found.amount,
        currency=found.currency.upper(),
        status=found.status,
        reason=found.reason or "",
        evidence_due=due or 0,
    )
