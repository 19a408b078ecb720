"""Stripe's errors in our kinds (Stripe documentation, "Error handling": classes and codes)."""

from collections.abc import Iterator
from contextlib import contextmanager

import stripe

from paymail.errors import Conflict, Denied, InvalidInput, Misconfigured, NotFound, Rejected, Unavailable
from paymail.ports.payment_errors import KeySpent, KeyTaken


class StripeUnavailable(Unavailable):
    """Stripe did not answer, or answered that it cannot now. Asking again with the same key is safe."""

    code = "stripe_unavailable"


class StripeRefused(Rejected):
    """Stripe says that the request itself is wrong. paymail made it, not the customer or who called us."""

    code = "stripe_refused"


class StripeStateConflict(Conflict):
    """The intent's state does not allow what was asked."""

    code = "stripe_conflict"


class NoSuchIntent(NotFound):
    """This account has no intent of that id."""

    code = "no_such_intent"


class NotConnected(NotFound):
    """The account does not exist, or is not connected to our platform."""

    code = "account_not_connected"


class StripeKeysWrong(Misconfigured):
    """Stripe does not accept our key or account."""

    code = "stripe_keys"


class BadSignature(Denied):
    """The webhook is not signed with any of our secrets, or is not from now."""

    code = "bad_signature"


class BadPayload(InvalidInput):
    """The webhook is signed but cannot be read."""

    code = "bad_payload"


_STATE_CODES = frozenset({"payment_intent_unexpected_state", "payment_intent_incompatible_payment_method"})
_RETRY_CODES = frozenset({"lock_timeout", "idempotency_key_in_use", "rate_limit"})


@contextmanager
def translated() -> Iterator[None]:
    """Turn what the SDK raises inside the block into our kinds; messages carry no secret."""
    try:
        yield
    except (stripe.error.APIConnectionError, stripe.error.RateLimitError) as error:
        raise StripeUnavailable("Stripe could not be reached in time") from error
    except (stripe.error.AuthenticationError, stripe.error.PermissionError) as error:
        raise StripeKeysWrong("Stripe does not accept the configured key for this account") from error
    except stripe.error.StripeError as error:
        raise _by_code(error) from error


def _by_code(error: "stripe.error.StripeError") -> Exception:
    # `error.code` is None for several classes; the body's own code is always there when there is one.
    details = getattr(error, "error", None)
    code = getattr(details, "code", None) or ""
    if code == "resource_missing":
        return NoSuchIntent("the payment was not found on this Stripe account")
    if code in _STATE_CODES:
        return StripeStateConflict("the payment's state does not allow this")
    if isinstance(error, stripe.error.IdempotencyError) and code not in _RETRY_CODES:
        return KeyTaken("the request differs from an earlier one; please try again")
    if error.http_status == 500:
        return KeySpent("Stripe had an internal error; please try again")
    if code in _RETRY_CODES or (error.http_status or 500) >= 500:
        return StripeUnavailable("Stripe returned a temporary error")
    return StripeRefused(_refusal(error, code, getattr(details, "param", None)))


def _refusal(error: "stripe.error.StripeError", code: str, param: object) -> str:
    # Stripe's own sentence may quote what was sent; with the request's id its dashboard shows all of it.
    facts = [code or type(error).__name__]
    facts += [f"parameter {param}"] if isinstance(param, str) and param else []
    facts += [f"request {error.request_id}"] if error.request_id else []
    return f"Stripe refused the request ({', '.join(facts)})"
