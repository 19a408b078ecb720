"""The only importer of `stripe`: its objects and errors become ours here."""

from paymail.gateway.payment_domains import StripePaymentDomains
from paymail.gateway.stripe_gateway import StripeConfig, StripeGateway

__all__ = ["StripeConfig", "StripeGateway", "StripePaymentDomains"]
