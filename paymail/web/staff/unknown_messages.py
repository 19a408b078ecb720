"""Messages in doubt: the list, and what staff say became of one."""

from enum import StrEnum
from typing import Annotated, Literal

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, Response

from paymail.errors import Conflict, Gone
from paymail.services.access import staff
from paymail.services.access.staff import Visitor
from paymail.services.delivery import unknown_messages
from paymail.services.lists import lookup
from paymail.web.http.dependencies import AppDep
from paymail.web.http.inputs import FormText, RowId
from paymail.web.staff import flash
from paymail.web.staff.pages import PAGES
from paymail.web.staff.session import Visiting
from paymail.wiring import App

router = APIRouter()


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


def _shown(
    app: App, request: Request, visitor: Visitor, problem: str = "", status: int = 200
) -> HTMLResponse:
    with app.reading() as session:
        messages = unknown_messages.unknown(session)
    context = {"visitor": visitor, "messages": messages, "problem": problem}
    return PAGES.TemplateResponse(request, "unknown.html", context, status)


@router.get("/unknown")
def page(app: AppDep, request: Request, visitor: Visiting) -> HTMLResponse:
    """List messages in doubt."""
    return _shown(app, request, visitor)


@router.post("/messages/{message_id}/resolve")
def resolve(
    app: AppDep,
    request: Request,
    visitor: Visiting,
    message_id: RowId,
    csrf: FormText,
    answer: Annotated[Answer, Form()],
    why: Annotated[FormText, Form(max_length=500)] = "",
    back: Annotated[Literal["", "invoice"], Form()] = "",
) -> Response:
    """Take what staff say became of one, and lead to it or `back` to its invoice."""
    staff.check_csrf(visitor, csrf)
    try:
        with app.transaction() as session:
            invoice_id = lookup.message(session, message_id=message_id).invoice_id
            _ACTS[answer](session, message_id=message_id, actor=visitor.email, now=app.now(), why=why)
    except (Conflict, Gone) as error:
        return _shown(app, request, visitor, str(error), 409)
    if back:
        return flash.back_to(f"/staff/invoices/{invoice_id}", "resolved")
    return flash.back_to(f"/staff/messages/{message_id}", f"doubt_{answer}")
