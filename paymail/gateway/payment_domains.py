"""The PaymentDomains port by the `stripe` SDK.

Source: Stripe documentation, "Register domains for payment methods".
"""

import stripe

from paymail.gateway.measured_client import MeasuredClient
from paymail.gateway.stripe_gateway import StripeConfig
from paymail.gateway.translation.errors import translated
from paymail.ports.payment_domains import PaymentDomain, Wallet

WALLETS = ("apple_pay", "google_pay", "link")


class StripePaymentDomains:
    """Implements `ports.PaymentDomains`. Direct charges: each connected account has domains of its own."""

    def __init__(self, config: StripeConfig, http: stripe.HTTPClient | None = None) -> None:
        client = stripe.StripeClient(
            config.secret_key,
            base_addresses={"api": config.api_base},
            http_client=http or MeasuredClient(timeout=config.timeout),
            max_network_retries=2,
        )
        self._domains = client.v1.payment_method_domains

    def find(self, *, account: str, name: str) -> PaymentDomain | None:
        """Return the account's domain of this name, enabled or not."""
        with translated():
            found = self._domains.list({"domain_name": name, "limit": 1}, {"stripe_account": account})
        return domain_from(found.data[0]) if found.data else None

    def create(self, *, account: str, name: str) -> PaymentDomain:
        """Register a domain for the account."""
        with translated():
            return domain_from(
                self._domains.create({"domain_name": name, "enabled": True}, {"stripe_account": account})
            )

    def enable(self, *, account: str, domain_id: str) -> PaymentDomain:
        """Enable a domain that was disabled."""
        with translated():
            return domain_from(
                self._domains.update(domain_id, {"enabled": True}, {"stripe_account": account})
            )

    def validate(self, *, account: str, domain_id: str) -> PaymentDomain:
        """Have Stripe look again at what was inactive."""
        with translated():
            return domain_from(self._domains.validate(domain_id, {}, {"stripe_account": account}))


def domain_from(found: stripe.PaymentMethodDomain) -> PaymentDomain:
    """Return the facts of a domain. A wallet that Stripe does not speak of is inactive, without a reason."""
    return PaymentDomain(
        id=found.id,
        name=found.domain_name,
        enabled=found.enabled is True,
        wallets=tuple(_wallet(name, getattr(found, name, None)) for name in WALLETS),
    )


def _wallet(name: str, told: object) -> Wallet:
    # `status_details` is there only where there is something to say.
    details = getattr(told, "status_details", None)
    return Wallet(
        name=name,
        active=getattr(told, "status", "") == "active",
        reason=str(getattr(details, "error_message", None) or ""),
    )
