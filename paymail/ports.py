"""What the core asks of the outside, as protocols. `wiring` picks the implementations.

Only values cross these doors: dataclasses, bytes and strings, never ORM rows, SDK objects or responses.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from paymail.documents import Document
from paymail.emails import Email
from paymail.handover import Envelope as Envelope
from paymail.handover import Handover as Handover
from paymail.handover import Outcome as Outcome
from paymail.handover import Scope as Scope
from paymail.handover import Verdict as Verdict
from paymail.intents import Event as Event
from paymail.intents import Intent as Intent
from paymail.intents import IntentStatus as IntentStatus
from paymail.intents import KeySpent as KeySpent
from paymail.merchant import GatewayAccount, WebhookEndpoint
from paymail.reversals import GatewayRefund, Reversals


class Mailer(Protocol):
    """Hands messages to a mail server. Never raises for what a server or network does: it is an Outcome."""

    def deliver(self, envelope: Envelope, handover: Handover) -> Outcome:
        """Send all but the dot, ask `handover()`, then the dot; say how it ended."""
        ...

    def probe(self) -> Outcome:
        """Try everything but a mail, for `paymail doctor`: SENT means that one could be sent now."""
        ...

    def close(self) -> None:
        """Release connections."""
        ...


@dataclass(frozen=True, slots=True)
class RenderedEmail:
    """Subject, plain text and HTML with inlined CSS."""

    subject: str
    text: str
    html: str


class EmailRenderer(Protocol):
    """Turns a typed email into text."""

    def render(self, email: Email) -> RenderedEmail:
        """Render. Raises `render.RenderFailed` naming template and cause."""
        ...


class PdfRenderer(Protocol):
    """Turns a document into PDF bytes; equal documents give equal bytes."""

    def render(self, document: Document) -> bytes:
        """Render. Raises `render.RenderFailed` naming the cause."""
        ...


class Gateway(Protocol):
    """The payment provider. Raises `Unavailable` when a retry may help, other kinds when it may not."""

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
        """Create an intent on the connected account; in Stripe's minor units. Raises KeySpent too.

        `fee` goes to the platform (Stripe documentation, "Application fees").
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
        self, *, account: str, intent_id: str, amount: int, reference: str, idempotency_key: str
    ) -> GatewayRefund:
        """Give part of a payment back; in Stripe's minor units. `reference` names the row that asks.

        Raises KeySpent too; Conflict and InvalidInput when Stripe will never do it.
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


@dataclass(frozen=True, slots=True)
class Letter:
    """One email to be written: its typed content, the document to attach, and who it is between.

    `message_id` and `in_reply_to` are Message-ID headers with their angle brackets; `date` is Date.
    """

    email: Email
    document: Document | None
    """What to attach; a notice to staff has nothing."""
    filename: str
    from_name: str
    from_address: str
    to_name: str
    to_address: str
    reply_to: str
    message_id: str
    date: datetime
    in_reply_to: str = ""


@dataclass(frozen=True, slots=True)
class Written:
    """A finished email: the exact bytes, its PDF, its subject and its envelope addresses."""

    subject: str
    mime: bytes
    pdf: bytes | None
    sender: str
    recipients: tuple[str, ...]


class Writer(Protocol):
    """Renders a letter into MIME bytes; equal letters give equal bytes."""

    def write(self, letter: Letter) -> Written:
        """Render and assemble. Raises a PaymailError naming the cause; it will not go away by itself."""
        ...


class Doorbell(Protocol):
    """Tells the workers that a row is due. Best effort: a lost ring costs seconds, never a message."""

    def ring(self, message_id: int) -> None:
        """Publish `deliver(message_id)`; never raises for broker trouble."""
        ...

    def ring_event(self, event_id: str) -> None:
        """Publish `work_event(event_id)`; never raises for broker trouble."""
        ...
