"""Message-ID headers: random, so that whoever quotes one has seen the email."""

from paymail.clock import new_id
from paymail.services.outbox.suppressions import domain_of


def header_domain(address: str) -> str:
    """Return the right side of Message-IDs of an issuer that mails from `address`.

    RFC 5322 §3.6.4 asks for a domain that the generator may speak for.
    """
    domain = domain_of(address)
    return domain[:80] if domain and domain.isascii() else "paymail.invalid"


def new_header_id(address: str) -> str:
    """Return the Message-ID of a new email of an issuer that mails from `address`."""
    return f"<{new_id()}@{header_domain(address)}>"
