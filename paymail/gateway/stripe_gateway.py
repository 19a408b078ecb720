"""The Gateway port by the `stripe` SDK. The same code speaks to Stripe and to the sandbox."""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import stripe
import stripe.params

from paymail.gateway.translation import (
    BadPayload,
    BadSignature,
    NotConnected,
    account_from,
    dispute_from,
    endpoint_from,
    intent_from,
    refund_from,
    translated,
)
from paymail.ports.payments import Event, GatewayAccount, GatewayRefund, Intent, Reversals, WebhookEndpoint

BRIEF_TIMEOUT = 3.0
"""Seconds for a brief look at an intent."""
_NAME = re.compile(r"[A-Za-z0-9_.]{0,80}")
"""Stripe's ids and kinds of events: they stand in addresses and logs."""
_FUTURE_TOLERANCE = 300
_SIGNED_AT = re.compile(r"(?:^|,)\s*t=(\d{1,12})(?:,|$)")


@dataclass(frozen=True, slots=True)
class StripeConfig:
    """Keys and address. `timeout` in seconds; the SDK's own default of 80 s would hold a worker too long."""

    secret_key: str = field(repr=False)
    webhook_secrets: tuple[str, ...] = field(repr=False)
    api_base: str
    timeout: float


class StripeGateway:
    """Implements `ports.Gateway`."""

    def __init__(
        self, config: StripeConfig, now: Callable[[], datetime], http: stripe.HTTPClient | None = None
    ) -> None:
        self._secrets = config.webhook_secrets
        self._now = now
        self._client = stripe.StripeClient(
            config.secret_key,
            base_addresses={"api": config.api_base},
            http_client=http or stripe.RequestsClient(timeout=config.timeout),
            max_network_retries=2,
        )
        # A reminder that is about to go out waits for the answer: seconds, not as long as a payment may.
        self._brief = stripe.StripeClient(
            config.secret_key,
            base_addresses={"api": config.api_base},
            http_client=http or stripe.RequestsClient(timeout=min(config.timeout, BRIEF_TIMEOUT)),
            max_network_retries=0,
        )

    def create_intent(
        self,
        *,
        account: str,
        amount: int,
        currency: str,
        metadata: Mapping[str, str],
        idempotency_key: str,
        fee: int = 0,
    ) -> Intent:
        """Create an intent on the connected account (Stripe documentation, "Direct charges")."""
        asked: stripe.params.PaymentIntentCreateParams = {
            "amount": amount,
            "currency": currency.lower(),
            "automatic_payment_methods": {"enabled": True},
            "metadata": dict(metadata),
        }
        if fee:
            asked["application_fee_amount"] = fee
        with translated():
            found = self._client.v1.payment_intents.create(
                asked, {"stripe_account": account, "idempotency_key": idempotency_key}
            )
        return intent_from(found, account)

    def retrieve_intent(self, *, account: str, intent_id: str, brief: bool = False) -> Intent:
        """Read an intent with its latest charge, for the card's brand and last digits."""
        with translated():
            found = (self._brief if brief else self._client).v1.payment_intents.retrieve(
                intent_id, {"expand": ["latest_charge"]}, {"stripe_account": account}
            )
        return intent_from(found, account)

    def cancel_intent(self, *, account: str, intent_id: str) -> Intent:
        """Cancel an open intent."""
        with translated():
            found = self._client.v1.payment_intents.cancel(intent_id, {}, {"stripe_account": account})
        return intent_from(found, account)

    def create_refund(
        self, *, account: str, intent_id: str, amount: int, reference: str, idempotency_key: str
    ) -> GatewayRefund:
        """Refund a direct charge (Stripe documentation, "Refund and cancel payments")."""
        # The id alone too, as code before wrote and reads it.
        named = {"refund_id": reference.partition("-")[0], "refund_reference": reference}
        with translated():
            found = self._client.v1.refunds.create(
                {"payment_intent": intent_id, "amount": amount, "metadata": named},
                {"stripe_account": account, "idempotency_key": idempotency_key},
            )
        return refund_from(found)

    def reversals(self, *, account: str, intent_id: str) -> Reversals:
        """Read all refunds and disputes of an intent."""
        return self._reversals(
            account,
            {"payment_intent": intent_id, "limit": 100},
            {"payment_intent": intent_id, "limit": 100},
        )

    def recent_reversals(self, *, account: str, since: int) -> Reversals:
        """Read an account's new refunds and disputes; those of no intent (older APIs') are left out."""
        found = self._reversals(
            account,
            {"created": {"gte": since}, "limit": 100},
            {"created": {"gte": since}, "limit": 100},
        )
        return Reversals(
            tuple(refund for refund in found.refunds if refund.intent_id),
            tuple(dispute for dispute in found.disputes if dispute.intent_id),
        )

    def _reversals(
        self,
        account: str,
        about: stripe.params.RefundListParams,
        disputed: stripe.params.DisputeListParams,
    ) -> Reversals:
        options: stripe.RequestOptions = {"stripe_account": account}
        with translated():
            refunds = self._client.v1.refunds.list(about, options)
            disputes = self._client.v1.disputes.list(disputed, options)
            return Reversals(
                tuple(refund_from(found) for found in refunds.auto_paging_iter()),
                tuple(dispute_from(found) for found in disputes.auto_paging_iter()),
            )

    def events(self, *, account: str, since: int, types: Sequence[str]) -> Iterator[Event]:
        """Read an account's events, page by page."""
        with translated():
            pages = self._client.v1.events.list(
                {"created": {"gte": since}, "types": list(types), "limit": 100}, {"stripe_account": account}
            )
            for found in pages.auto_paging_iter():
                body = found.to_dict()
                yield _event_from({**body, "account": body.get("account") or account})

    def recent_intents(self, *, account: str, since: int) -> Iterator[Intent]:
        """Read an account's intents, page by page."""
        with translated():
            pages = self._client.v1.payment_intents.list(
                {"created": {"gte": since}, "limit": 100}, {"stripe_account": account}
            )
            for found in pages.auto_paging_iter():
                yield intent_from(found, account)

    def account(self, *, account: str = "") -> GatewayAccount:
        """Read a connected account, or our own."""
        accounts = self._brief.v1.accounts
        with translated():
            if not account:
                return account_from(accounts.retrieve_current())
            try:
                return account_from(accounts.retrieve(account))
            except stripe.error.PermissionError as error:
                # What Stripe answers for an account that is not ours, whether or not it exists.
                raise NotConnected(f"{account} is not connected to this Stripe platform") from error

    def webhook_endpoints(self) -> tuple[WebhookEndpoint, ...]:
        """List the endpoints of our own account."""
        with translated():
            found = self._brief.v1.webhook_endpoints.list({"limit": 100})
        return tuple(endpoint_from(endpoint) for endpoint in found.data)

    def verify_event(self, *, payload: bytes, signature: str) -> Event:
        """Check the signature under any of our secrets (Stripe docs, "Verify webhook signatures")."""
        self._refuse_future(signature)
        if not any(self._signed(payload, signature, secret) for secret in self._secrets):
            raise BadSignature("the webhook's signature is not valid")
        try:
            return _event_from(json.loads(payload))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise BadPayload("the webhook's body is not a Stripe event") from error

    def _refuse_future(self, signature: str) -> None:
        # The SDK refuses old timestamps only; a future-dated capture could be replayed much later.
        signed_at = _SIGNED_AT.search(signature)
        if signed_at is None or int(signed_at[1]) > self._now().timestamp() + _FUTURE_TOLERANCE:
            raise BadSignature("the webhook's signature is not valid")

    def _signed(self, payload: bytes, signature: str, secret: str) -> bool:
        try:
            stripe.WebhookSignature.verify_header(payload, signature, secret, tolerance=300)
        except (stripe.error.SignatureVerificationError, TypeError, UnicodeError):
            return False  # hostile headers and bodies can raise the last two inside the SDK
        return True


def _event_from(body: dict[str, Any]) -> Event:
    about = body["data"]["object"]
    # Charges, refunds and disputes name their intent; one may be expanded, or none at all.
    intent = about.get("id") if about.get("object") == "payment_intent" else about.get("payment_intent")
    intent = intent.get("id") if isinstance(intent, dict) else intent
    return Event(
        id=_name(body["id"]),
        type=_name(body["type"]),
        account=_name(body.get("account") or "", least=0),
        livemode=body["livemode"] is True,
        intent_id=_name(intent or "", least=0),
        created=_moment(body["created"]),
    )


def _name(value: object, *, least: int = 1) -> str:
    if not isinstance(value, str) or not _NAME.fullmatch(value) or len(value) < least:
        raise ValueError("not an id of Stripe's")
    return value


def _moment(value: object) -> int:
    if type(value) is not int or not 0 <= value < 2**33:
        raise ValueError("not a moment of this or the next century")
    return value
