"""What an intent waits for that the customer does outside of the page.

Source: Stripe documentation, "The PaymentIntent object" (`next_action`), and the pages of Konbini, OXXO,
Boleto, Multibanco, bank transfers, PayTo, Bizum, MB WAY and ACH microdeposits.
"""

import re

import stripe

from paymail.ports.payments import Waiting

_CODE = re.compile(r"(\w+)_display_details", re.ASCII)
"""Boleto, Konbini, Multibanco, OXXO, and what may be added like them."""
_APPROVAL = re.compile(r"(?:(\w+)_)?await_\w+", re.ASCII)
"""`payto_await_authorization`, `mb_way_await_authorization`, Bizum's `await_authorization`."""
_LONGEST_URL = 2000
_LATEST = 2**33


def waiting_of(found: stripe.PaymentIntent) -> Waiting | None:
    """Return what the customer still has to do by their own act, or None.

    A dialog of Stripe.js, a redirection or a QR code is no such thing: the page itself waits for these.
    """
    action = getattr(found, "next_action", None)
    if getattr(found, "status", None) != "requires_action" or action is None:
        return None
    name = action.type
    if code := _CODE.fullmatch(name):
        return _waiting(code[1], getattr(action, name, None))
    if name == "display_bank_transfer_instructions":
        return _waiting("customer_balance", getattr(action, name, None))
    if name == "verify_with_microdeposits":
        return _waiting(_chosen(found) or "us_bank_account", getattr(action, name, None))
    if approval := _APPROVAL.fullmatch(name):
        return _waiting(approval[1] or _chosen(found), getattr(action, name, None))
    return None


def failed_kind_of(found: stripe.PaymentIntent) -> str:
    """Return the kind of payment method of the last try that failed; empty when unknown."""
    # The SDK's objects raise for a field that Stripe left out, at any depth.
    method = getattr(getattr(found, "last_payment_error", None), "payment_method", None)
    return str(getattr(method, "type", None) or "")[:40]


def _waiting(kind: str, details: object) -> Waiting:
    return Waiting(kind[:40], _end(details), _url(details))


def _chosen(found: stripe.PaymentIntent) -> str:
    # Expanded or not: only the object says what it is.
    return str(getattr(getattr(found, "payment_method", None), "type", None) or "")


def _end(details: object) -> int:
    # OXXO alone calls it `expires_after`.
    for name in ("expires_at", "expires_after"):
        end = getattr(details, name, None)
        if isinstance(end, int) and 0 < end < _LATEST:
            return end
    return 0


def _url(details: object) -> str:
    for name in ("hosted_voucher_url", "hosted_instructions_url", "hosted_verification_url"):
        url = getattr(details, name, None)
        if isinstance(url, str) and len(url) <= _LONGEST_URL:
            return url
    return ""
