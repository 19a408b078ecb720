"""Messages in doubt: the list, and what staff say became of one."""

from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from fastapi.templating import Jinja2Templates

from paymail.errors import Conflict, Gone
from paymail.services.access import staff
from paymail.services.access.staff import Visitor
from paymail.services.delivery import unknown_messages
from paymail.web.http.inputs import RowId
from paymail.web.staff.session import Person
from paymail.wiring import App


class Answer(StrEnum):
    """The three buttons."""

    SENT = "sent"
    FAILED = "failed"
    RESEND = "resend"


_ACTS = {
    Answer.SENT: unknown_messages.mark_sent,
    Answer.FAILED: unknown_messages.mark_failed,
    Answer.RESEND: unknown_messages.resend,
}


def router(app: App, pages: Jinja2Templates, person: Person) -> APIRouter:
    """Return the page of unknown messages and what its buttons post to."""
    routes = APIRouter()
    Visiting = Annotated[Visitor, Depends(person)]

    def shown(request: Request, visitor: Visitor, problem: str = "", status: int = 200) -> HTMLResponse:
        with app.reading() as session:
            messages = unknown_messages.unknown(session)
        context = {"visitor": visitor, "messages": messages, "problem": problem}
        return pages.TemplateResponse(request, "unknown.html", context, status)

    @routes.get("/unknown")
    def page(request: Request, visitor: Visiting) -> HTMLResponse:
        return shown(request, visitor)

    @routes.post("/messages/{message_id}/resolve")
    def resolve(
        request: Request,
        visitor: Visiting,
        message_id: RowId,
        csrf: Annotated[str, Form()],
        answer: Annotated[Answer, Form()],
        why: Annotated[str, Form(max_length=500)] = "",
    ) -> Response:
        staff.check_csrf(visitor, csrf)
        try:
            with app.transaction() as session:
                _ACTS[answer](session, message_id=message_id, actor=visitor.email, now=app.now(), why=why)
        except (Conflict, Gone) as error:
            return shown(request, visitor, str(error), 409)
        return RedirectResponse(f"/staff/messages/{message_id}", 303)

    return routes
