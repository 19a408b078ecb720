"""Stripe's disputes (Stripe documentation, "The Dispute object")."""

import stripe

from paymail.gateway.translation.fields import number, readable, reference, text
from paymail.ports.reversals import GatewayDispute

_KNOWN = frozenset(
    {
        "warning_needs_response",
        "warning_under_review",
        "warning_closed",
        "needs_response",
        "under_review",
        "won",
        "lost",
        "prevented",
        "appeal_needs_response",
        "appeal_under_review",
    }
)


def dispute_from(found: stripe.Dispute) -> GatewayDispute:
    """Return the facts of a dispute. Raises Unreadable."""
    with readable("dispute", found):
        word = text(found, "status") or "none"
        return GatewayDispute(
            id=found.id,
            intent_id=reference(found, "payment_intent"),
            amount=found.amount,
            currency=found.currency.upper(),
            status=word,
            reason=text(found, "reason"),
            evidence_due=number(found, "evidence_details", "due_by"),
            unfamiliar="" if word in _KNOWN else word,
        )
