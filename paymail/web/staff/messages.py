"""The list of messages, one message with its proof, and its Cancel button."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from fastapi.templating import Jinja2Templates

from paymail.errors import Conflict
from paymail.services import blobs, browsing, rescheduling, staff
from paymail.services.browsing import NotWrittenYet
from paymail.services.staff import Visitor
from paymail.web.inputs import RowId
from paymail.web.staff.session import Person
from paymail.wiring import App


def router(app: App, pages: Jinja2Templates, person: Person) -> APIRouter:
    """Return the message pages."""
    routes = APIRouter(prefix="/messages")
    Visiting = Annotated[Visitor, Depends(person)]

    @routes.get("")
    def messages(request: Request, visitor: Visiting) -> HTMLResponse:
        with app.reading() as session:
            found = browsing.messages(session)
        return pages.TemplateResponse(request, "messages.html", {"visitor": visitor, "messages": found})

    def shown(
        request: Request, visitor: Visitor, message_id: int, problem: str = "", status: int = 200
    ) -> HTMLResponse:
        with app.reading() as session:
            message = browsing.message(session, message_id=message_id)
            tries = browsing.tries(session, message_id=message_id)
        context = {"visitor": visitor, "message": message, "tries": tries, "problem": problem}
        return pages.TemplateResponse(request, "message.html", context, status)

    @routes.get("/{message_id}")
    def message(request: Request, visitor: Visiting, message_id: RowId) -> HTMLResponse:
        return shown(request, visitor, message_id)

    @routes.get("/{message_id}/email.eml")
    def eml(message_id: RowId) -> Response:
        return _proof(app, message_id, "mime_sha256", "message/rfc822", f"message-{message_id}.eml")

    @routes.get("/{message_id}/attached.pdf")
    def pdf(message_id: RowId) -> Response:
        return _proof(app, message_id, "pdf_sha256", "application/pdf", f"message-{message_id}.pdf")

    @routes.post("/{message_id}/cancel")
    def cancel(
        request: Request, visitor: Visiting, message_id: RowId, csrf: Annotated[str, Form()]
    ) -> Response:
        staff.check_csrf(visitor, csrf)
        try:
            with app.transaction() as session:
                rescheduling.cancel_message(
                    session, message_id=message_id, actor=visitor.email, now=app.now()
                )
        except Conflict as error:
            return shown(request, visitor, message_id, problem=str(error), status=409)
        return RedirectResponse(f"/staff/messages/{message_id}", 303)

    return routes


def _proof(app: App, message_id: int, column: str, kind: str, filename: str) -> Response:
    """Answer with the very bytes that were handed over."""
    with app.reading() as session:
        digest = getattr(browsing.message(session, message_id=message_id), column)
        if digest is None:
            raise NotWrittenYet("this message has not been written yet")
        content = blobs.fetch(session, sha256=digest)
    way = "attachment" if kind == "message/rfc822" else "inline"
    return Response(
        content, media_type=kind, headers={"Content-Disposition": f'{way}; filename="{filename}"'}
    )
