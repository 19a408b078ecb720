"""Attempts on an account that an issuer had before."""

from paymail.errors import Misconfigured, NotFound
from paymail.ports.payments import Gateway


def cut_off(gateway: Gateway, account: str, *, instead: str) -> bool:
    """Whether Stripe refuses us a former account while it answers for the one that took its place.

    When it answers for neither, our key is at fault, and the intent may have been paid.
    """
    if account == instead:
        return False
    try:
        gateway.account(account=instead)
    except (NotFound, Misconfigured):
        return False
    try:
        gateway.account(account=account)
    except (NotFound, Misconfigured):
        return True
    return False
