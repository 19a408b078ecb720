"""One message with its proof, and moving or cancelling it."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, Response
from sqlalchemy.orm import Session

from paymail.models import DIGESTS, MessageKind, MessageState
from paymail.services.access.staff import Visitor
from paymail.services.core.invoices import load_invoice
from paymail.services.lists import lookup, message_pages
from paymail.services.lists.lookup import NotWrittenYet
from paymail.services.outbox import blobs, recipients
from paymail.services.outbox.reschedule import cancel_message, reschedule_message
from paymail.services.sending import invoice_emails
from paymail.web.http.dependencies import AppDep
from paymail.web.http.inputs import RowId
from paymail.web.staff import flash
from paymail.web.staff.form_actions import Refusal, StaffForm, WhenForm, act, moment_of
from paymail.web.staff.invoice_view import calendar_or_none
from paymail.web.staff.local_time import clock_of
from paymail.web.staff.pages import PAGES
from paymail.web.staff.session import Visiting
from paymail.wiring import App

router = APIRouter(prefix="/messages")

BEFORE_HANDOVER = (MessageState.SCHEDULED, MessageState.SENDING)


@router.get("/{message_id}")
def message(app: AppDep, request: Request, visitor: Visiting, message_id: RowId) -> HTMLResponse:
    """Show one message."""
    return message_page(app, request, visitor, message_id)


@router.get("/{message_id}/email.eml")
def eml(app: AppDep, message_id: RowId) -> Response:
    """Download the bytes of an email as they were handed over."""
    return _proof(app, message_id, "mime_sha256", "message/rfc822", f"message-{message_id}.eml")


@router.get("/{message_id}/attached.pdf")
def pdf(app: AppDep, message_id: RowId) -> Response:
    """Show the PDF that was attached."""
    return _proof(app, message_id, "pdf_sha256", "application/pdf", f"message-{message_id}.pdf")


def _acted(
    app: App,
    request: Request,
    visitor: Visitor,
    message_id: int,
    form: StaffForm,
    do: Callable[[Session, datetime], object],
    did: str,
) -> Response:
    if refusal := act(app, visitor, form, do):
        return message_page(app, request, visitor, message_id, refusal, form)
    return flash.back_to(f"/staff/messages/{message_id}", did)


@router.post("/{message_id}/reschedule")
def reschedule(
    app: AppDep, request: Request, visitor: Visiting, message_id: RowId, form: Annotated[WhenForm, Form()]
) -> Response:
    """Send it at another time."""

    def do(session: Session, now: datetime) -> None:
        message = lookup.message(session, message_id=message_id)
        moment = moment_of(form, load_invoice(session, invoice_id=message.invoice_id).issuer, now)
        if message.state is MessageState.SCHEDULED and message.next_at == (moment or now):
            return  # the second click of a double click
        reschedule_message(session, message_id=message_id, at=moment, actor=visitor.email, now=now)

    return _acted(app, request, visitor, message_id, form, do, "rescheduled")


@router.post("/{message_id}/cancel")
def cancel(
    app: AppDep, request: Request, visitor: Visiting, message_id: RowId, form: Annotated[StaffForm, Form()]
) -> Response:
    """Withdraw it."""

    def do(session: Session, now: datetime) -> None:
        cancel_message(session, message_id=message_id, actor=visitor.email, now=now)

    return _acted(app, request, visitor, message_id, form, do, "cancelled")


def message_page(
    app: App,
    request: Request,
    visitor: Visitor,
    message_id: int,
    refusal: Refusal | None = None,
    form: StaffForm | None = None,
) -> HTMLResponse:
    """Answer with the page of one message; `form` is the one that was refused."""
    with app.reading() as session:
        one = message_pages.message(session, message_id=message_id)
        tries = lookup.tries(session, message_id=message_id)
        fates = recipients.fates(session, message=one.message)
        erased = blobs.erased(session, digests=[getattr(one.message, column.key) for column in DIGESTS])
        calendar = calendar_or_none(load_invoice(session, invoice_id=one.message.invoice_id).issuer)
        undo = None if flash.did(request, "cancelled") is None else _send_after_all(session, one, app.now())
    open_ = one.message.state in BEFORE_HANDOVER
    context = {
        "visitor": visitor,
        "one": one,
        "message": one.message,
        "zone": one.zone,
        "tries": tries,
        "fates": fates if len(fates) > 1 else (),
        "erased": erased,
        "refusal": refusal,
        # Not "now": a button pressed in a hurry should not be what sends it.
        "form": form if isinstance(form, WhenForm) else WhenForm(when="at"),
        "morning": calendar.next_morning(app.now()) if calendar else None,
        "open": open_,
        "flash": "" if refusal else flash.said(request),
        "undo": undo,
        "can_preview": open_ or (one.message.mime_sha256 or "") not in {"", *erased},
    }
    return PAGES.TemplateResponse(request, "message.html", context, refusal.status if refusal else 200)


def _send_after_all(session: Session, one: message_pages.Listed, now: datetime) -> flash.Undo | None:
    """Return how to queue a cancelled invoice email anew, for the time that it had; None: it cannot be."""
    message = one.message
    if (message.kind, message.state) != (
        MessageKind.INVOICE,
        MessageState.CANCELLED,
    ) or message.next_at <= now:
        return None
    if not invoice_emails.is_newest(session, message=message):
        return None  # another went out or waits since: this would be a second one
    sequence = invoice_emails.next_sequence(session, invoice_id=message.invoice_id)
    at = message.next_at.astimezone(clock_of(one.zone)).strftime("%Y-%m-%dT%H:%M")
    fields = {"when": "at", "at": at, "sequence": str(sequence)}
    return flash.Undo(f"/staff/invoices/{message.invoice_id}/send", fields)


def _proof(app: App, message_id: int, column: str, kind: str, filename: str) -> Response:
    """Answer with the very bytes that were handed over."""
    with app.reading() as session:
        digest = getattr(lookup.message(session, message_id=message_id), column)
        if digest is None:
            raise NotWrittenYet("the email for this message has not been created yet")
        content = blobs.fetch(session, sha256=digest)
    way = "attachment" if kind == "message/rfc822" else "inline"
    return Response(
        content, media_type=kind, headers={"Content-Disposition": f'{way}; filename="{filename}"'}
    )
