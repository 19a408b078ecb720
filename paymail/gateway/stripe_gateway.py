"""The Gateway port by the `stripe` SDK. The same code speaks to Stripe and to the sandbox."""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

import stripe
import stripe.params

from paymail.gateway import intent_creation
from paymail.gateway.measured_client import MeasuredClient
from paymail.gateway.saved_methods import SavedMethodCalls
from paymail.gateway.translation.accounts import account_from, endpoint_from
from paymail.gateway.translation.disputes import dispute_from
from paymail.gateway.translation.errors import BadPayload, BadSignature, NotConnected, translated
from paymail.gateway.translation.events import event_from, listed_event
from paymail.gateway.translation.intents import intent_from
from paymail.gateway.translation.refunds import refund_from
from paymail.gateway.translation.unfamiliar import Unfamiliar
from paymail.ports.payments import Event, GatewayAccount, Intent, WebhookEndpoint
from paymail.ports.reversals import GatewayRefund, Reversals

BRIEF_TIMEOUT = 3.0
"""Seconds for a brief look at an intent."""
_FUTURE_TOLERANCE = 300
_SIGNED_AT = re.compile(r"(?:^|,)\s*t=(\d{1,12})(?:,|$)")


@dataclass(frozen=True, slots=True)
class StripeConfig:
    """Keys and address. `timeout` in seconds; the SDK's own default of 80 s would hold a worker too long."""

    secret_key: str = field(repr=False)
    webhook_secrets: tuple[str, ...] = field(repr=False)
    api_base: str
    timeout: float


class StripeGateway(SavedMethodCalls):
    """Implements `ports.Gateway`."""

    def __init__(
        self, config: StripeConfig, now: Callable[[], datetime], http: stripe.HTTPClient | None = None
    ) -> None:
        self._secrets = config.webhook_secrets
        self._now = now
        self._unfamiliar = Unfamiliar()
        self._client = stripe.StripeClient(
            config.secret_key,
            base_addresses={"api": config.api_base},
            http_client=http or MeasuredClient(timeout=config.timeout),
            max_network_retries=2,
        )
        # A reminder that is about to go out waits for the answer: seconds, not as long as a payment may.
        self._brief = stripe.StripeClient(
            config.secret_key,
            base_addresses={"api": config.api_base},
            http_client=http or MeasuredClient(timeout=min(config.timeout, BRIEF_TIMEOUT)),
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
        invoice_number: str = "",
        customer: str = "",
    ) -> Intent:
        """Create an intent on the connected account (Stripe documentation, "Direct charges")."""
        asked = intent_creation.intent_params(amount, currency, metadata, fee, invoice_number, customer)
        with translated():
            found = intent_creation.create(self._client, asked, account=account, key=idempotency_key)
        return self._unfamiliar.noted(intent_from(found, account))

    def retrieve_intent(self, *, account: str, intent_id: str, brief: bool = False) -> Intent:
        """Read an intent with its latest charge, for the card's brand and last digits."""
        with translated():
            found = (self._brief if brief else self._client).v1.payment_intents.retrieve(
                intent_id, {"expand": ["latest_charge"]}, {"stripe_account": account}
            )
        return self._unfamiliar.noted(intent_from(found, account))

    def cancel_intent(self, *, account: str, intent_id: str) -> Intent:
        """Cancel an open intent."""
        with translated():
            found = self._client.v1.payment_intents.cancel(intent_id, {}, {"stripe_account": account})
        return self._unfamiliar.noted(intent_from(found, account))

    def create_refund(
        self,
        *,
        account: str,
        intent_id: str,
        amount: int,
        reference: str,
        idempotency_key: str,
        refund_fee: bool | None = None,
    ) -> GatewayRefund:
        """Refund a direct charge (Stripe documentation, "Refund and cancel payments")."""
        # The id alone too, as code before wrote and reads it.
        named = {"refund_id": reference.partition("-")[0], "refund_reference": reference}
        asked: stripe.params.RefundCreateParams = {
            "payment_intent": intent_id,
            "amount": amount,
            "metadata": named,
        }
        if refund_fee is not None:  # Stripe refuses the word for a charge without a fee
            asked["refund_application_fee"] = refund_fee
        with translated():
            found = self._client.v1.refunds.create(
                asked, {"stripe_account": account, "idempotency_key": idempotency_key}
            )
        return self._unfamiliar.noted(refund_from(found))

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
            found.left_out,
        )

    def _reversals(
        self,
        account: str,
        about: stripe.params.RefundListParams,
        disputed: stripe.params.DisputeListParams,
    ) -> Reversals:
        options: stripe.RequestOptions = {"stripe_account": account}
        with translated():
            refunds = list(self._client.v1.refunds.list(about, options).auto_paging_iter())
            disputes = list(self._client.v1.disputes.list(disputed, options).auto_paging_iter())
        told = (
            tuple(self._unfamiliar.known(refunds, refund_from)),
            tuple(self._unfamiliar.known(disputes, dispute_from)),
        )
        return Reversals(*told, left_out=len(refunds) + len(disputes) - len(told[0]) - len(told[1]))

    def events(self, *, account: str, since: int, types: Sequence[str]) -> Iterator[Event]:
        """Read an account's events, page by page."""
        with translated():
            pages = self._client.v1.events.list(
                {"created": {"gte": since}, "types": list(types), "limit": 100}, {"stripe_account": account}
            )
            yield from self._unfamiliar.readable(
                pages.auto_paging_iter(), partial(listed_event, account=account)
            )

    def recent_intents(self, *, account: str, since: int) -> Iterator[Intent]:
        """Read an account's intents, page by page."""
        with translated():
            pages = self._client.v1.payment_intents.list(
                {"created": {"gte": since}, "limit": 100}, {"stripe_account": account}
            )
            yield from self._unfamiliar.known(pages.auto_paging_iter(), partial(intent_from, account=account))

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
        return tuple(self._unfamiliar.readable(found.data, endpoint_from))

    def verify_event(self, *, payload: bytes, signature: str) -> Event:
        """Check the signature under any of our secrets (Stripe docs, "Verify webhook signatures")."""
        self._refuse_future(signature)
        if not any(self._signed(payload, signature, secret) for secret in self._secrets):
            raise BadSignature("the webhook's signature is not valid")
        try:
            return event_from(json.loads(payload))
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
