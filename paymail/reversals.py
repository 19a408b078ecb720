"""Money that goes back, as the payment provider tells it: refunds and disputes."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class GatewayRefund:
    """A refund at the provider. `amount` in Stripe's minor units; `currency` upper case."""

    id: str
    intent_id: str
    amount: int
    currency: str
    status: str
    """`pending`, `succeeded` or `failed`."""
    failure: str = ""
    """The provider's word for why it failed."""
    reference: str = ""
    """`metadata.refund_id`: the row of ours that asked for it; empty for one made at the provider."""


@dataclass(frozen=True, slots=True)
class GatewayDispute:
    """A dispute at the provider. `amount` in Stripe's minor units; `currency` upper case."""

    id: str
    intent_id: str
    amount: int
    currency: str
    status: str
    """The provider's word, such as `needs_response`."""
    reason: str = ""
    evidence_due: int = 0
    """Unix seconds; 0 when there is nothing to hand in."""


@dataclass(frozen=True, slots=True)
class Reversals:
    """All refunds and disputes of one intent."""

    refunds: tuple[GatewayRefund, ...] = ()
    disputes: tuple[GatewayDispute, ...] = ()
