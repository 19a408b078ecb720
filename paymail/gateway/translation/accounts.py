"""Stripe's accounts and webhook endpoints."""

import stripe

from paymail.gateway.translation.fields import optional, readable, text
from paymail.ports.payments import GatewayAccount, WebhookEndpoint


def account_from(found: stripe.Account) -> GatewayAccount:
    """Return whether Stripe's account may charge (Stripe documentation, "The Account object").

    A connected Standard account has no `requirements`: they are between Stripe and its owner.
    Raises Unreadable.
    """
    with readable("account", found):
        return GatewayAccount(
            id=found.id,
            charges_enabled=optional(found, "charges_enabled") is True,
            hindrance=text(found, "requirements", "disabled_reason"),
        )


def endpoint_from(found: stripe.WebhookEndpoint) -> WebhookEndpoint:
    """Return where Stripe sends what. Raises Unreadable.

    Stripe names a Connect application only on an endpoint for connected accounts. That is our reading of
    "The Webhook Endpoint object", which does not return the `connect` that an endpoint was made with.
    """
    with readable("webhook endpoint", found):
        return WebhookEndpoint(
            url=found.url,
            enabled=text(found, "status") == "enabled",
            connected=bool(optional(found, "application")),
            events=frozenset(optional(found, "enabled_events") or ()),
        )
