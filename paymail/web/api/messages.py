"""Messages: find, look at with their tries, cancel, and their bytes as proof."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, Field, StringConstraints

from paymail.models import DeliveryAttempt, Message, MessageState
from paymail.services.access.api_keys import Holder, KeyScope
from paymail.services.core.calendar import when
from paymail.services.core.invoices import load_invoice
from paymail.services.delivery import unknown_messages
from paymail.services.letters import proof
from paymail.services.letters.proof import Part
from paymail.services.lists import cursor, lookup
from paymail.services.outbox import reschedule
from paymail.web.api.access import Access
from paymail.web.http.files import binary
from paymail.web.http.inputs import RowId
from paymail.web.http.openapi import problems
from paymail.web.schemas.pages import (
    LARGEST_ID,
    LIST_PROBLEMS,
    PROBLEMS,
    After,
    Asked,
    Limit,
    Page,
    Text,
    page,
)
from paymail.wiring import App

Kind = Annotated[str, StringConstraints(pattern="^[a-z_]{1,24}$")]
PROOF_PROBLEMS = PROBLEMS | problems(410)


class MessageRow(BaseModel):
    """An email in a list."""

    message_id: int
    invoice_id: int
    kind: str
    step: str = Field(description="Of a reminder: days from due, such as `-3` or `7`.")
    tone: str
    state: MessageState
    reason: str = Field(description="Why it is where it is.")
    recipients: list[str]
    subject: str = Field(description="Empty until it is written.")
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


class MessageDetail(MessageRow):
    """An email with its proof."""

    header_id: str = Field(description="The Message-ID header.")
    sender: str
    mime_sha256: str | None
    pdf_sha256: str | None
    tries: list[Try]


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


class Reschedule(Asked):
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


class Resolve(Asked):
    """What became of it, and how that is known."""

    answer: Answer
    why: Text = ""


_ANSWERS = {
    Answer.SENT: unknown_messages.mark_sent,
    Answer.FAILED: unknown_messages.mark_failed,
    Answer.RESEND: unknown_messages.resend,
}


def wanted(
    state: MessageState | None = None,
    kind: Annotated[Kind | None, Query(description="invoice, receipt, reminder or notice.")] = None,
    invoice: Annotated[int | None, Query(ge=1, le=LARGEST_ID, description="Of one invoice.")] = None,
) -> cursor.MessageFilter:
    """Read the filter from the query."""
    return cursor.MessageFilter(state, kind or "", invoice)


def router(app: App, access: Access) -> APIRouter:
    """Return the routes of messages."""
    routes = APIRouter(prefix="/api/v1/messages", tags=["messages"])
    Reader = Annotated[Holder, Depends(access.needs(KeyScope.READ))]
    Writer = Annotated[Holder, Depends(access.needs(KeyScope.WRITE))]

    def detail(message_id: int) -> MessageDetail:
        with app.reading() as session:
            message = lookup.message(session, message_id=message_id)
            tries = lookup.tries(session, message_id=message_id)
        return MessageDetail(
            **_fields(message),
            header_id=message.header_id,
            sender=message.sender,
            mime_sha256=message.mime_sha256,
            pdf_sha256=message.pdf_sha256,
            tries=[Try.of(attempt) for attempt in tries],
        )

    @routes.get("", responses=LIST_PROBLEMS, response_model=Page[MessageRow])
    def list_messages(
        _holder: Reader,
        asked: Annotated[cursor.MessageFilter, Depends(wanted)],
        limit: Limit = 50,
        after: After = None,
    ) -> dict[str, object]:
        """List emails, newest first. Scope: read."""
        with app.reading() as session:
            return page(cursor.messages(session, wanted=asked, limit=limit, after=after), MessageRow.of)

    @routes.get("/{message_id}", responses=PROBLEMS)
    def get_message(_holder: Reader, message_id: RowId) -> MessageDetail:
        """Show one email with its tries. Scope: read."""
        return detail(message_id)

    @routes.post("/{message_id}/cancel", responses=PROBLEMS)
    def cancel_message(holder: Writer, message_id: RowId) -> MessageDetail:
        """Withdraw an email before it is handed over; later it is a 409. Scope: write."""
        with app.transaction() as session:
            reschedule.cancel_message(session, message_id=message_id, actor=holder.actor, now=app.now())
        return detail(message_id)

    @routes.post("/{message_id}/reschedule", responses=PROBLEMS)
    def reschedule_message(holder: Writer, message_id: RowId, body: Reschedule) -> MessageDetail:
        """Move an email to another time before it is handed over; later it is a 409. Scope: write."""
        with app.transaction() as session:
            message = lookup.message(session, message_id=message_id)
            issuer = load_invoice(session, invoice_id=message.invoice_id).issuer
            at = when(body.at, issuer, app.now())
            reschedule.reschedule_message(
                session, message_id=message_id, at=at, actor=holder.actor, now=app.now()
            )
        return detail(message_id)

    @routes.post("/{message_id}/resolve", responses=PROBLEMS | problems(410))
    def resolve_message(holder: Writer, message_id: RowId, body: Resolve) -> MessageDetail:
        """Say what became of an email in doubt, or have the same bytes sent again. Scope: write."""
        with app.transaction() as session:
            _ANSWERS[body.answer](
                session, message_id=message_id, actor=holder.actor, now=app.now(), why=body.why
            )
        return detail(message_id)

    def bytes_of(message_id: int, part: Part, kind: str, filename: str) -> Response:
        with app.reading() as session:
            content = proof.bytes_of(session, message_id=message_id, part=part)
        disposition = f'attachment; filename="{filename}"'
        return Response(content, media_type=kind, headers={"Content-Disposition": disposition})

    # An email and its PDF hold the pay link, so a key that may not see links does not get their bytes.
    @routes.get(
        "/{message_id}/email.eml",
        response_class=Response,
        responses=PROOF_PROBLEMS | binary("message/rfc822"),
    )
    def get_eml(_holder: Writer, message_id: RowId) -> Response:
        """Download the very bytes of an email; they hold its pay link. Scope: write."""
        return bytes_of(message_id, Part.EMAIL, "message/rfc822", f"message-{message_id}.eml")

    @routes.get(
        "/{message_id}/attached.pdf",
        response_class=Response,
        responses=PROOF_PROBLEMS | binary("application/pdf"),
    )
    def get_pdf(_holder: Writer, message_id: RowId) -> Response:
        """Download the PDF that was attached; it holds the pay link. Scope: write."""
        return bytes_of(message_id, Part.PDF, "application/pdf", f"message-{message_id}.pdf")

    return routes
