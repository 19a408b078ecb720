"""What the payment provider says about the accounts that are paid, and where it sends events."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class GatewayAccount:
    """An account at the payment provider, as far as it decides whether it can be paid."""

    id: str
    charges_enabled: bool
    hindrance: str = ""
    """The provider's word for why it may not charge; empty when it gives none."""


@dataclass(frozen=True, slots=True)
class WebhookEndpoint:
    """An address that the provider sends events to. `events` may be `*`: all."""

    url: str
    enabled: bool
    connected: bool
    """Whether it gets the events of connected accounts."""
    events: frozenset[str]
