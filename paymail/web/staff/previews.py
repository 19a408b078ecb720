"""An email as it will be sent, or as it was: parts, headers and bytes. All GET; nothing is stored."""

import hashlib

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from paymail.errors import Conflict, Gone, InvalidInput
from paymail.mail import reader
from paymail.services.letters import previews
from paymail.services.letters.previews import Seen
from paymail.services.lists import message_pages
from paymail.services.lists.message_pages import Listed
from paymail.web.http.dependencies import AppDep
from paymail.web.http.errors import status_of
from paymail.web.http.inputs import RowId
from paymail.web.staff.form_actions import Refusal
from paymail.web.staff.mailbox import attached, framed
from paymail.web.staff.messages import message_page
from paymail.web.staff.pages import PAGES
from paymail.web.staff.session import Visiting
from paymail.wiring import App

router = APIRouter(prefix="/messages/{message_id}/preview")


@router.get("")
def preview(app: AppDep, request: Request, visitor: Visiting, message_id: RowId) -> HTMLResponse:
    """Show an email with its headers and parts; or its message's page, with why it cannot be shown."""
    try:
        one, seen = _see(app, message_id)
    except (Conflict, InvalidInput, Gone) as error:
        refusal = Refusal(str(error), status_of(error), error.code)
        return message_page(app, request, visitor, message_id, refusal)
    context = {
        "visitor": visitor,
        "one": one,
        "message": one.message,
        "zone": one.zone,
        "kept": seen.kept,
        "mail": reader.take_apart(seen.mime),
        "size": len(seen.mime),
        "sha256": hashlib.sha256(seen.mime).hexdigest(),
    }
    return PAGES.TemplateResponse(request, "preview.html", context)


@router.get("/html")
def html(app: AppDep, message_id: RowId) -> HTMLResponse:
    """Show the HTML part, for the frame."""
    return framed(reader.take_apart(_see(app, message_id)[1].mime).html)


@router.get("/email.eml")
def eml(app: AppDep, message_id: RowId) -> Response:
    """Download the bytes."""
    disposition = f'attachment; filename="preview-{message_id}.eml"'
    headers = {"Content-Disposition": disposition}
    return Response(_see(app, message_id)[1].mime, media_type="message/rfc822", headers=headers)


@router.get("/attachments/{index}")
def attachment(app: AppDep, message_id: RowId, index: int) -> Response:
    """Download an attachment."""
    return attached(reader.take_apart(_see(app, message_id)[1].mime), index)


def _see(app: App, message_id: int) -> tuple[Listed, Seen]:
    with app.reading() as session:
        one = message_pages.message(session, message_id=message_id)
        seen = previews.see(
            session,
            message_id=message_id,
            writer=app.writer,
            public_url=app.settings.public_url,
            now=app.now(),
        )
    return one, seen
