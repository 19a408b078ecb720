"""The payment provider: intents, events, refunds, disputes and accounts, as far as we use them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from paymail.ports.reversals import GatewayRefund, Reversals
from paymail.ports.saved_methods import ReusableMethod, SavedMethods

EXPIRED = "payment_intent_payment_attempt_expired"
"""The `failure` of a try that was not paid in time (Stripe documentation, "Error codes")."""


class IntentStatus(StrEnum):
    """Stripe documentation, "The Payment Intents API": the states of an intent, and UNKNOWN for one that
    the provider added since: it counts as not paid, and changes nothing in the books."""

    REQUIRES_PAYMENT_METHOD = "requires_payment_method"
    REQUIRES_CONFIRMATION = "requires_confirmation"
    REQUIRES_ACTION = "requires_action"
    PROCESSING = "processing"
    REQUIRES_CAPTURE = "requires_capture"
    CANCELED = "canceled"
    SUCCEEDED = "succeeded"
    UNKNOWN = "unknown"


REUSABLE = (
    IntentStatus.REQUIRES_PAYMENT_METHOD,
    IntentStatus.REQUIRES_CONFIRMATION,
    IntentStatus.REQUIRES_ACTION,
)
CANCELLABLE = (*REUSABLE, IntentStatus.UNKNOWN)
"""What may be cancelled at Stripe, which refuses it when money has moved."""


def described(invoice_number: str) -> str:
    """Return how an intent is described to people at Stripe."""
    return f"Invoice {invoice_number}"


@dataclass(frozen=True, slots=True)
class Waiting:
    """What an intent waits for that only the customer can do: pay with a code, transfer, or approve."""

    kind: str
    """The kind of payment method, in Stripe's word (`konbini`, `payto`); empty when unknown."""
    expires_at: int = 0
    """Unix seconds; 0 when Stripe names no end."""
    instructions_url: str = field(default="", repr=False)
    """Stripe's page with the code or the bank details; empty when there is none."""


@dataclass(frozen=True, slots=True)
class Intent:
    """The facts of a PaymentIntent that we use. Amounts in Stripe's minor units; currency upper case."""

    id: str
    account: str
    status: IntentStatus
    amount: int
    amount_received: int
    currency: str
    client_secret: str = field(repr=False)
    livemode: bool
    invoice_id: str
    """`metadata.invoice_id`, empty when absent."""
    method: str
    """For people: `Visa ending 4242`; empty when unknown."""
    failure: str = ""
    """Stripe's code of the last failed try; empty when none."""
    failed_kind: str = ""
    """The kind of payment method of that try; empty when unknown."""
    failed_method: str = ""
    """What that try was made with, for people; empty when unknown."""
    tried_at: int = 0
    """When the latest try that reached a bank began, in Unix seconds; 0 when unknown."""
    waiting: Waiting | None = None
    """What it waits for; None while it is not the customer's turn outside of the page."""
    created: int = 0
    """Unix seconds."""
    attempt_id: str = ""
    """`metadata.attempt_id`, which paymail alone writes: without it the intent is another program's."""
    fee: int = 0
    """What of it goes to the platform."""
    unfamiliar: str = ""
    """The provider's word for the status when it is UNKNOWN; else empty."""
    description: str = ""
    """For people at Stripe: what `described` returned when it was made; empty when there is none."""
    reusable: ReusableMethod | None = None
    """The method that a paid intent left with its customer, if it was to."""


@dataclass(frozen=True, slots=True)
class Event:
    """An event of the provider's, verified or read from it. `intent_id` is the intent that it is about,
    also when its object is a charge, a refund or a dispute; empty for events about something else."""

    id: str
    type: str
    account: str
    livemode: bool
    intent_id: str
    created: int
    """Unix seconds, as Stripe says."""
    method_id: str = ""
    """The payment method that it is about; empty for events about anything else."""


@dataclass(frozen=True, slots=True)
class GatewayAccount:
    """An account at the payment provider, as far as it decides whether it can be paid."""

    id: str
    charges_enabled: bool
    hindrance: str = ""
    """The provider's word for why it may not charge; empty when it gives none."""


@dataclass(frozen=True, slots=True)
class WebhookEndpoint:
    """An address that the provider sends events to. `events` may be `*`: all."""

    url: str
    enabled: bool
    connected: bool
    """Whether it gets the events of connected accounts."""
    events: frozenset[str]


class Gateway(SavedMethods, Protocol):
    """The payment provider. Raises `Unavailable` when a retry may help, other kinds when it may not.

    A status that paymail does not know is no failure, and one odd object never ends a list.
    """

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
        """Create an intent on the connected account; in Stripe's minor units. Raises KeySpent, KeyTaken too.

        `fee` goes to the platform (Stripe documentation, "Application fees"). `invoice_number` is what
        the account and the customer's card statement show it by, as far as the provider takes it. With a
        `customer` of the provider's the method stays with them when it is paid.
        """
        ...

    def retrieve_intent(self, *, account: str, intent_id: str, brief: bool = False) -> Intent:
        """Read an intent; `brief` gives up after a few seconds, without retries.

        Raises NotFound when this account has none of that id.
        """
        ...

    def cancel_intent(self, *, account: str, intent_id: str) -> Intent:
        """Cancel an open intent. Raises Conflict when it is beyond cancelling."""
        ...

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
        """Give part of a payment back; in Stripe's minor units. `reference` names the row that asks.

        `refund_fee`: whether the platform gives its share of the fee back; None for a payment without one.
        Raises KeySpent too; Conflict and Rejected when Stripe will never do it.
        """
        ...

    def reversals(self, *, account: str, intent_id: str) -> Reversals:
        """Read all refunds and disputes of an intent."""
        ...

    def recent_reversals(self, *, account: str, since: int) -> Reversals:
        """Read an account's refunds and disputes created at or after `since` (Unix seconds)."""
        ...

    def events(self, *, account: str, since: int, types: Sequence[str]) -> Iterator[Event]:
        """Read an account's events created at or after `since` (Unix seconds), newest first.

        Stripe keeps them for 30 days.
        """
        ...

    def recent_intents(self, *, account: str, since: int) -> Iterator[Intent]:
        """Read an account's intents created at or after `since` (Unix seconds), newest first."""
        ...

    def account(self, *, account: str = "") -> GatewayAccount:
        """Read a connected account, or our own, within seconds. Raises NotFound when it is not connected."""
        ...

    def webhook_endpoints(self) -> tuple[WebhookEndpoint, ...]:
        """List where events are sent, for the mode (live or test) of our key; up to 100."""
        ...

    def verify_event(self, *, payload: bytes, signature: str) -> Event:
        """Check a webhook's signature under any configured secret. Raises Denied or InvalidInput."""
        ...
