"""Payments at the provider, as far as we use them: intents, and the events about them."""

from dataclasses import dataclass, field
from enum import StrEnum

from paymail.errors import Unavailable


class IntentStatus(StrEnum):
    """Stripe documentation, "The Payment Intents API": the states of an intent."""

    REQUIRES_PAYMENT_METHOD = "requires_payment_method"
    REQUIRES_CONFIRMATION = "requires_confirmation"
    REQUIRES_ACTION = "requires_action"
    PROCESSING = "processing"
    REQUIRES_CAPTURE = "requires_capture"
    CANCELED = "canceled"
    SUCCEEDED = "succeeded"


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
    created: int = 0
    """Unix seconds."""


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


class KeySpent(Unavailable):
    """The provider failed inside and keeps that answer under the idempotency key: a retry needs another.

    An intent may exist all the same, but nobody was given its secret, so it cannot be paid.
    Source: Stripe documentation, "Idempotent requests" (results are kept, 500 errors included).
    """

    code = "stripe_failed"
