"""The list of invoices, one invoice, and sending its email."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from fastapi.templating import Jinja2Templates
from sqlalchemy.orm import Session

from paymail.services.access.staff import Visitor
from paymail.services.core.invoices import load_invoice
from paymail.services.lists import lookup
from paymail.services.sending import invoice_emails
from paymail.web.http.inputs import RowId
from paymail.web.staff.form_actions import Text, act, moment_of
from paymail.web.staff.invoice_view import SendForm, invoice_page
from paymail.web.staff.session import Person
from paymail.wiring import App

# SQLite and PostgreSQL both refuse larger integers, with an error that is not the visitor's business.
_PAGE = Query(1, ge=1, le=1_000_000)


def router(app: App, pages: Jinja2Templates, person: Person) -> APIRouter:
    """Return the invoice pages."""
    routes = APIRouter()
    Visiting = Annotated[Visitor, Depends(person)]

    @routes.get("/")
    def invoices(
        request: Request, visitor: Visiting, page: int = _PAGE, find: Annotated[Text, Query()] = ""
    ) -> HTMLResponse:
        with app.reading() as session:
            found = lookup.invoices(session, find=find[:100], page=page)
        context = {"visitor": visitor, "found": found, "find": find[:100]}
        return pages.TemplateResponse(request, "invoices.html", context)

    @routes.get("/invoices/{invoice_id}")
    def invoice(request: Request, visitor: Visiting, invoice_id: RowId) -> HTMLResponse:
        return invoice_page(app, pages, request, visitor, invoice_id)

    @routes.post("/invoices/{invoice_id}/send")
    def send(
        request: Request, visitor: Visiting, invoice_id: RowId, form: Annotated[SendForm, Form()]
    ) -> Response:
        def do(session: Session, now: datetime) -> None:
            issuer = load_invoice(session, invoice_id=invoice_id).issuer
            invoice_emails.send_invoice(
                session,
                invoice_id=invoice_id,
                actor=visitor.email,
                now=now,
                at=moment_of(form, issuer, now),
                sequence=form.sequence,
            )

        if refusal := act(app, visitor, form, do):
            return invoice_page(app, pages, request, visitor, invoice_id, refusal, {"send": form})
        return RedirectResponse(f"/staff/invoices/{invoice_id}#emails", 303)

    return routes
