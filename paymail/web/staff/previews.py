"""An email as it will be sent, or as it was: parts, headers and bytes. All GET; nothing is stored."""

import hashlib
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, Response
from fastapi.templating import Jinja2Templates

from paymail.errors import Conflict, Gone, InvalidInput
from paymail.mail import reader
from paymail.services.access.staff import Visitor
from paymail.services.letters import previews
from paymail.services.letters.previews import Seen
from paymail.services.lists import message_pages
from paymail.services.lists.message_pages import Listed
from paymail.web.http.errors import status_of
from paymail.web.http.inputs import RowId
from paymail.web.staff.form_actions import Refusal
from paymail.web.staff.mailbox import attached, framed
from paymail.web.staff.messages import message_page
from paymail.web.staff.session import Person
from paymail.wiring import App


def router(app: App, pages: Jinja2Templates, person: Person) -> APIRouter:
    """Return the preview of a message and its parts."""
    routes = APIRouter(prefix="/messages/{message_id}/preview")
    Visiting = Annotated[Visitor, Depends(person)]

    @routes.get("")
    def preview(request: Request, visitor: Visiting, message_id: RowId) -> HTMLResponse:
        try:
            one, seen = _see(app, message_id)
        except (Conflict, InvalidInput, Gone) as error:
            refusal = Refusal(str(error), status_of(error), error.code)
            return message_page(app, pages, request, visitor, message_id, refusal)
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
        return pages.TemplateResponse(request, "preview.html", context)

    @routes.get("/html")
    def html(message_id: RowId) -> HTMLResponse:
        return framed(reader.take_apart(_see(app, message_id)[1].mime).html)

    @routes.get("/email.eml")
    def eml(message_id: RowId) -> Response:
        disposition = f'attachment; filename="preview-{message_id}.eml"'
        headers = {"Content-Disposition": disposition}
        return Response(_see(app, message_id)[1].mime, media_type="message/rfc822", headers=headers)

    @routes.get("/attachments/{index}")
    def attachment(message_id: RowId, index: int) -> Response:
        return attached(reader.take_apart(_see(app, message_id)[1].mime), index)

    return routes


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
