"""Messages and their tries, as JSON."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, Field

from paymail.models import ContactRole, DeliveryAttempt, Invoice, Message, MessageState
from paymail.money import Obstacle
from paymail.services.core.online_payment import online_obstacle
from paymail.services.outbox import queue
from paymail.services.outbox.recipients import Fate
from paymail.web.http.inputs import Text
from paymail.web.schemas.body import Body


class MessageRow(BaseModel):
    """An email in a list."""

    message_id: int
    invoice_id: int
    kind: str
    step: str = Field(description="For reminders: days from the due date, such as `-3` or `7`.")
    tone: str
    state: MessageState
    reason: str = Field(description="Reason for the current state.")
    recipients: list[str]
    subject: str = Field(description="Empty until the email has been created.")
    due_at: datetime
    attempts: int
    actor: str
    created_at: datetime
    settled_at: datetime | None

    @classmethod
    def of(cls, message: Message) -> "MessageRow":
        """Return the row of a message."""
        return cls(**_fields(message))


class Try(BaseModel):
    """One try at handing an email over, with what the server said."""

    ended_at: datetime
    verdict: str
    phase: str
    code: int
    detail: str

    @classmethod
    def of(cls, attempt: DeliveryAttempt) -> "Try":
        """Return what a row of the tries says."""
        return cls(
            ended_at=attempt.ended_at,
            verdict=attempt.verdict,
            phase=attempt.phase,
            code=attempt.code,
            detail=attempt.detail,
        )


class RecipientFate(BaseModel):
    """What became of an email at one of its addresses."""

    address: str
    role: ContactRole
    state: str = Field(
        description="pending, accepted, refused, bounced or suppressed; the email's own for a single address."
    )
    reason: str
    settled_at: datetime | None

    @classmethod
    def of(cls, fate: Fate) -> "RecipientFate":
        """Return what is known of an address."""
        return cls(
            address=fate.address,
            role=fate.role,
            state=fate.state,
            reason=fate.reason,
            settled_at=fate.settled_at,
        )


class MessageDetail(MessageRow):
    """An email with its proof."""

    header_id: str = Field(description="The Message-ID header.")
    sender: str
    mime_sha256: str | None
    pdf_sha256: str | None
    enclosed_sha256: str | None = Field(description="Of the paid invoice that went along with a receipt.")
    request_id: str = Field(description="`X-Request-ID` of the request that caused it, as in the logs.")
    tries: list[Try]
    fates: list[RecipientFate] = Field(description="What became of it at each address.")

    @classmethod
    def with_tries(
        cls, message: Message, tries: Iterable[DeliveryAttempt], fates: Iterable[Fate]
    ) -> "MessageDetail":
        """Return all that is known of a message."""
        return cls(
            **_fields(message),
            header_id=message.header_id,
            sender=message.sender,
            mime_sha256=message.mime_sha256,
            pdf_sha256=message.pdf_sha256,
            enclosed_sha256=message.enclosed_sha256,
            request_id=message.request_id,
            tries=[Try.of(attempt) for attempt in tries],
            fates=[RecipientFate.of(fate) for fate in fates],
        )


def _fields(message: Message) -> dict[str, object]:
    return {
        "message_id": message.message_id,
        "invoice_id": message.invoice_id,
        "kind": message.kind,
        "step": message.step,
        "tone": message.tone,
        "state": message.state,
        "reason": message.reason,
        "recipients": message.recipient.split("\n"),
        "subject": message.subject,
        "due_at": message.next_at,
        "attempts": message.attempts,
        "actor": message.actor,
        "created_at": message.created_at,
        "settled_at": message.settled_at,
    }


class Queued(BaseModel):
    """The message that answers the request; `queued` says whether this request wrote it."""

    message_id: int
    queued: bool

    @classmethod
    def of(cls, found: queue.Queued) -> "Queued":
        """Return the answer about a message of the outbox."""
        return cls(message_id=found.message_id, queued=found.created)


class QueuedInvoice(Queued):
    """The message that answers the request to send an invoice, and whether its reader can pay online."""

    not_online: Obstacle | None = Field(
        description="Why nothing of the balance can be paid online; null if it can."
    )

    @classmethod
    def of_invoice(cls, found: queue.Queued, invoice: Invoice) -> "QueuedInvoice":
        """Return the answer."""
        obstacle = online_obstacle(invoice)
        return cls(message_id=found.message_id, queued=found.created, not_online=obstacle)


class Reschedule(Body):
    """When to send it instead."""

    at: Text = Field(
        max_length=40,
        description="ISO 8601 (the issuer's time without an offset), `next business morning`, or `now`.",
        examples=["2026-12-01T09:00"],
    )


class Answer(StrEnum):
    """What became of an email in doubt."""

    SENT = "sent"
    FAILED = "failed"
    RESEND = "resend"


class Resolve(Body):
    """What became of it, and how that is known."""

    answer: Answer
    why: Text = ""
