"""The pay page's domain at each issuer's account: without it wallets and Link stay hidden."""

import ipaddress
from urllib.parse import urlsplit

from paymail.errors import Rejected
from paymail.ports.payment_domains import PaymentDomain, PaymentDomains


def domain_of(public_url: str) -> str:
    """Return the domain that customers pay on, or nothing where the provider would take none.

    Wallets work on HTTPS pages only, and a domain is a public name: no address, nothing without a dot.
    """
    url = urlsplit(public_url)
    name = (url.hostname or "").rstrip(".")
    if url.scheme != "https" or "." not in name:
        return ""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return name
    return ""


def register(domains: PaymentDomains, *, account: str, name: str) -> PaymentDomain:
    """Make sure that a domain is registered and enabled for an account, and looked at. Safe to repeat.

    Raises Misconfigured, NotFound, Rejected, Unavailable.
    """
    found = domains.find(account=account, name=name) or _create(domains, account, name)
    if not found.enabled:
        found = domains.enable(account=account, domain_id=found.id)
    if not found.complete:
        # Apple checks a domain when asked to: what failed while the page was not up yet may pass now.
        found = domains.validate(account=account, domain_id=found.id)
    return found


def _create(domains: PaymentDomains, account: str, name: str) -> PaymentDomain:
    try:
        return domains.create(account=account, name=name)
    except Rejected:
        # Somebody else may have registered it since we looked.
        found = domains.find(account=account, name=name)
        if found is None:
            raise
        return found
