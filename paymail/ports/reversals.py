"""What goes back to customers at the payment provider: refunds and disputes."""

from collections.abc import Callable
from dataclasses import dataclass

from paymail.ports.payment_errors import Unreadable


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
    """Names the row of ours that asked for it; empty for one made at the provider. In the metadata
    `refund_reference`; code before gave `refund_id` alone."""
    created: int = 0
    """Unix seconds."""
    unfamiliar: str = ""
    """The provider's word for the status when paymail does not know it: it counts as pending; else empty."""


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
    unfamiliar: str = ""
    """The provider's word for the status when paymail does not know it: it counts as open; else empty."""


@dataclass(frozen=True, slots=True)
class Reversals:
    """All refunds and disputes of one intent."""

    refunds: tuple[GatewayRefund, ...] = ()
    disputes: tuple[GatewayDispute, ...] = ()
    left_out: int = 0
    """How many of them could not be read."""

    def refund_of(self, asked_for: Callable[[GatewayRefund], bool]) -> GatewayRefund | None:
        """Return the refund that a row of ours asked for. Raises Unreadable when it may be one left out."""
        found = next(filter(asked_for, self.refunds), None)
        if found is None and self.left_out:
            # Asked for again, it would be made twice once the provider has forgotten the key.
            raise Unreadable("a refund or dispute of this payment at Stripe cannot be read")
        return found
