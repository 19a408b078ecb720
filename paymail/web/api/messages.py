"""Messages: find, look at with their tries, cancel, and their bytes as proof."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from pydantic import StringConstraints

from paymail.models import MessageState
from paymail.services.core.calendar import when
from paymail.services.core.invoices import load_invoice
from paymail.services.delivery import unknown_messages
from paymail.services.letters import proof
from paymail.services.letters.proof import Part
from paymail.services.lists import cursor, lookup
from paymail.services.outbox import recipients, reschedule
from paymail.web.api.access import Reader, Writer
from paymail.web.http.dependencies import AppDep
from paymail.web.http.files import binary
from paymail.web.http.inputs import LARGEST_ID, After, Limit, RowId
from paymail.web.http.openapi import LIST_PROBLEMS, PROBLEMS, problems
from paymail.web.schemas.messages import Answer, MessageDetail, MessageRow, Reschedule, Resolve
from paymail.web.schemas.pages import Page, page
from paymail.wiring import App

router = APIRouter(prefix="/api/v1/messages", tags=["messages"])

Kind = Annotated[str, StringConstraints(pattern="^[a-z_]{1,24}$")]
GONE_PROBLEMS = PROBLEMS | problems(410)


_ANSWERS = {
    Answer.SENT: unknown_messages.mark_sent,
    Answer.FAILED: unknown_messages.mark_failed,
    Answer.RESEND: unknown_messages.resend,
}


def wanted(
    state: MessageState | None = None,
    kind: Annotated[Kind | None, Query(description="invoice, receipt, reminder or notice.")] = None,
    invoice: Annotated[
        int | None, Query(ge=1, le=LARGEST_ID, description="Only messages for this invoice.")
    ] = None,
) -> cursor.MessageFilter:
    """Read the filter from the query."""
    return cursor.MessageFilter(state, kind or "", invoice)


def _detail(app: App, message_id: int) -> MessageDetail:
    with app.reading() as session:
        message = lookup.message(session, message_id=message_id)
        tries = lookup.tries(session, message_id=message_id)
        fates = recipients.fates(session, message=message)
    return MessageDetail.with_tries(message, tries, fates)


@router.get("", responses=LIST_PROBLEMS, response_model=Page[MessageRow])
def list_messages(
    app: AppDep,
    _holder: Reader,
    asked: Annotated[cursor.MessageFilter, Depends(wanted)],
    limit: Limit = 50,
    after: After = None,
) -> dict[str, object]:
    """List emails, newest first. Scope: read."""
    with app.reading() as session:
        return page(cursor.messages(session, wanted=asked, limit=limit, after=after), MessageRow.of)


@router.get("/{message_id}", responses=PROBLEMS)
def get_message(app: AppDep, _holder: Reader, message_id: RowId) -> MessageDetail:
    """Show one email with its delivery attempts. Scope: read."""
    return _detail(app, message_id)


@router.post("/{message_id}/cancel", responses=PROBLEMS)
def cancel_message(app: AppDep, holder: Writer, message_id: RowId) -> MessageDetail:
    """Cancel an email that has not been handed over; 409 if it has. Scope: write."""
    with app.transaction() as session:
        reschedule.cancel_message(session, message_id=message_id, actor=holder.actor, now=app.now())
    return _detail(app, message_id)


@router.post("/{message_id}/reschedule", responses=PROBLEMS)
def reschedule_message(app: AppDep, holder: Writer, message_id: RowId, body: Reschedule) -> MessageDetail:
    """Reschedule an email that has not been handed over; 409 if it has. Scope: write."""
    with app.transaction() as session:
        message = lookup.message(session, message_id=message_id)
        issuer = load_invoice(session, invoice_id=message.invoice_id).issuer
        at = when(body.at, issuer, app.now())
        reschedule.reschedule_message(
            session, message_id=message_id, at=at, actor=holder.actor, now=app.now()
        )
    return _detail(app, message_id)


@router.post("/{message_id}/resolve", responses=GONE_PROBLEMS)
def resolve_message(app: AppDep, holder: Writer, message_id: RowId, body: Resolve) -> MessageDetail:
    """Record what happened to an unknown email, or send the same email again. Scope: write."""
    with app.transaction() as session:
        _ANSWERS[body.answer](session, message_id=message_id, actor=holder.actor, now=app.now(), why=body.why)
    return _detail(app, message_id)


def _bytes_of(app: App, message_id: int, part: Part, kind: str, filename: str) -> Response:
    with app.reading() as session:
        content = proof.bytes_of(session, message_id=message_id, part=part)
    disposition = f'attachment; filename="{filename}"'
    return Response(content, media_type=kind, headers={"Content-Disposition": disposition})


# An email and its PDF hold the pay link, so a key that may not see links does not get their bytes.
@router.get(
    "/{message_id}/email.eml",
    response_class=Response,
    responses=GONE_PROBLEMS | binary("message/rfc822"),
)
def get_eml(app: AppDep, _holder: Writer, message_id: RowId) -> Response:
    """Download the email exactly as handed over, including its pay link. Scope: write."""
    return _bytes_of(app, message_id, Part.EMAIL, "message/rfc822", f"message-{message_id}.eml")


@router.get(
    "/{message_id}/attached.pdf",
    response_class=Response,
    responses=GONE_PROBLEMS | binary("application/pdf"),
)
def get_pdf(app: AppDep, _holder: Writer, message_id: RowId) -> Response:
    """Download the attached PDF, including its pay link. Scope: write."""
    return _bytes_of(app, message_id, Part.PDF, "application/pdf", f"message-{message_id}.pdf")
