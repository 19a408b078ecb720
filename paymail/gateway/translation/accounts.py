"""Stripe's accounts and webhook endpoints."""

import stripe

from paymail.ports.payments import GatewayAccount, WebhookEndpoint


def account_from(found: stripe.Account) -> GatewayAccount:
    """Return whether Stripe's account may charge (Stripe documentation, "The Account object")."""
    # A Standard account that is in order has none, and the SDK's objects raise for what was left out.
    requirements = getattr(found, "requirements", None)
    return GatewayAccount(
        id=found.id,
        charges_enabled=found.charges_enabled is True,
        hindrance=(requirements.disabled_reason if requirements else None) or "",
    )


def endpoint_from(found: stripe.WebhookEndpoint) -> WebhookEndpoint:
    """Return where Stripe sends what.

    Stripe names a Connect application only on an endpoint for connected accounts. That is our reading of
    "The Webhook Endpoint object", which does not return the `connect` that an endpoint was made with.
    """
    return WebhookEndpoint(
        url=found.url,
        enabled=found.status == "enabled",
        connected=bool(found.application),
        events=frozenset(found.enabled_events),
    )
