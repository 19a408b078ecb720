"""The list of invoices, one invoice, and its Send button."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from fastapi.templating import Jinja2Templates

from paymail.errors import Conflict
from paymail.services import browsing, sending, staff
from paymail.services.staff import Visitor
from paymail.services.timeline import history
from paymail.web.inputs import RowId
from paymail.web.staff.session import Person
from paymail.wiring import App

# SQLite and PostgreSQL both refuse larger integers, with an error that is not the visitor's business.
_PAGE = Query(1, ge=1, le=1_000_000)


def router(app: App, pages: Jinja2Templates, person: Person) -> APIRouter:
    """Return the invoice pages."""
    routes = APIRouter()
    Visiting = Annotated[Visitor, Depends(person)]

    @routes.get("/")
    def invoices(request: Request, visitor: Visiting, page: int = _PAGE, find: str = "") -> HTMLResponse:
        with app.reading() as session:
            found = browsing.invoices(session, find=find[:100], page=page)
        context = {"visitor": visitor, "found": found, "find": find[:100]}
        return pages.TemplateResponse(request, "invoices.html", context)

    def shown(
        request: Request, visitor: Visitor, invoice_id: int, problem: str = "", status: int = 200
    ) -> HTMLResponse:
        with app.reading() as session:
            context = {
                "visitor": visitor,
                "invoice": browsing.invoice(session, invoice_id=invoice_id),
                "messages": browsing.messages(session, invoice_id=invoice_id),
                "events": history(session, invoice_id=invoice_id),
                "sequence": sending.next_sequence(session, invoice_id=invoice_id),
                "problem": problem,
            }
        return pages.TemplateResponse(request, "invoice.html", context, status)

    @routes.get("/invoices/{invoice_id}")
    def invoice(request: Request, visitor: Visiting, invoice_id: RowId) -> HTMLResponse:
        return shown(request, visitor, invoice_id)

    @routes.post("/invoices/{invoice_id}/send")
    def send(
        request: Request,
        visitor: Visiting,
        invoice_id: RowId,
        csrf: Annotated[str, Form()],
        sequence: Annotated[int, Form(ge=1, le=1_000_000)],
    ) -> Response:
        staff.check_csrf(visitor, csrf)
        try:
            with app.transaction() as session:
                sending.send_invoice(
                    session, invoice_id=invoice_id, actor=visitor.email, now=app.now(), sequence=sequence
                )
        except Conflict as error:
            return shown(request, visitor, invoice_id, problem=str(error), status=409)
        return RedirectResponse(f"/staff/invoices/{invoice_id}", 303)

    return routes
