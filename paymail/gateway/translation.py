"""Stripe's errors and objects in our words.

Source: Stripe documentation, "Error handling" (classes and codes) and "The PaymentIntent object".
"""

from collections.abc import Iterator
from contextlib import contextmanager

import stripe

from paymail.errors import Conflict, Denied, InvalidInput, Misconfigured, NotFound, Unavailable
from paymail.ports.payments import (
    GatewayAccount,
    GatewayDispute,
    GatewayRefund,
    Intent,
    IntentStatus,
    KeySpent,
    WebhookEndpoint,
)


class StripeUnavailable(Unavailable):
    """Stripe did not answer, or answered that it cannot now. Asking again with the same key is safe."""

    code = "stripe_unavailable"


class StripeRefused(InvalidInput):
    """Stripe says that the request itself is wrong."""

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
_REFUND_STATUSES = {
    "pending": "pending",
    "requires_action": "pending",
    "succeeded": "succeeded",
    "failed": "failed",
    "canceled": "failed",
}
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
    if error.http_status == 500:
        return KeySpent("Stripe had an internal error; please try again")
    if code in _RETRY_CODES or (error.http_status or 500) >= 500:
        return StripeUnavailable("Stripe returned a temporary error")
    return StripeRefused(f"Stripe refused the request ({code or type(error).__name__})")


def intent_from(found: stripe.PaymentIntent, account: str) -> Intent:
    """Return the facts we use of Stripe's intent. Raises StripeRefused for a status unknown to us."""
    try:
        status = IntentStatus(found.status)
    except ValueError as error:
        raise StripeRefused("Stripe reports a payment status that paymail does not know") from error
    return Intent(
        id=found.id,
        account=account,
        status=status,
        amount=found.amount,
        amount_received=found.amount_received or 0,
        currency=found.currency.upper(),
        client_secret=found.client_secret or "",
        livemode=found.livemode,
        invoice_id=_metadata(found, "invoice_id"),
        method=_method(found),
        failure=_failure(found),
        created=found.created,
        attempt_id=_metadata(found, "attempt_id"),
    )


def _failure(found: stripe.PaymentIntent) -> str:
    # The SDK's objects raise for a field that Stripe left out: only a declined card has a decline code.
    failure = found.last_payment_error
    return getattr(failure, "decline_code", None) or getattr(failure, "code", None) or ""


def refund_from(found: stripe.Refund) -> GatewayRefund:
    """Return the facts of a refund. Raises StripeRefused for a status unknown to us.

    `requires_action` waits for the customer, so it is pending; `canceled` gave nothing back, so it failed
    (Stripe documentation, "The Refund object").
    """
    status = _REFUND_STATUSES.get(found.status or "")
    if status is None:
        raise StripeRefused("Stripe reports a refund status that paymail does not know")
    named = found.metadata.to_dict() if found.metadata else {}
    return GatewayRefund(
        id=found.id,
        intent_id=_id_of(found.payment_intent),
        amount=found.amount,
        currency=found.currency.upper(),
        status=status,
        failure=getattr(found, "failure_reason", None) or ("canceled" if found.status == "canceled" else ""),
        reference=str(named.get("refund_reference") or named.get("refund_id") or "")[:60],
        created=found.created,
    )


def dispute_from(found: stripe.Dispute) -> GatewayDispute:
    """Return the facts of a dispute."""
    due = found.evidence_details.due_by if found.evidence_details else None
    return GatewayDispute(
        id=found.id,
        intent_id=_id_of(found.payment_intent),
        amount=found.amount,
        currency=found.currency.upper(),
        status=found.status,
        reason=found.reason or "",
        evidence_due=due or 0,
    )


def _id_of(reference: object) -> str:
    # Expanded or not: a string, an object with an id, or nothing.
    return str(getattr(reference, "id", reference) or "")


def account_from(found: stripe.Account) -> GatewayAccount:
    """Return whether Stripe's account may charge (Stripe documentation, "The Account object")."""
    requirements = found.requirements
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


def _method(found: stripe.PaymentIntent) -> str:
    charge = found.latest_charge
    details = charge.payment_method_details if isinstance(charge, stripe.Charge) else None
    if details is None:
        return ""
    if details.type == "card" and details.card is not None:
        return f"{(details.card.brand or 'card').title()} ending {details.card.last4}"
    if details.type == "au_becs_debit" and details.au_becs_debit is not None:
        return f"Bank debit ending {details.au_becs_debit.last4}"
    return details.type.replace("_", " ")


def _metadata(found: stripe.PaymentIntent, name: str) -> str:
    # The SDK's objects have no `get`: they are not dicts.
    metadata = found.metadata
    return str(metadata[name]) if metadata and name in metadata else ""
