"""The list of invoices, one invoice, and sending its email."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, Response
from sqlalchemy.orm import Session

from paymail.services.core.invoices import load_invoice
from paymail.services.ledger import awaited_payments
from paymail.services.lists import lookup
from paymail.services.lists.invoice_filter import InvoiceFilter
from paymail.services.sending import invoice_emails
from paymail.web.http.dependencies import AppDep
from paymail.web.http.inputs import PageNumber, RowId
from paymail.web.staff.form_actions import Text, moment_of
from paymail.web.staff.invoice_view import SendForm, answer_form, invoice_page
from paymail.web.staff.pages import PAGES
from paymail.web.staff.session import Visiting

router = APIRouter()


@router.get("/")
def invoices(
    app: AppDep,
    request: Request,
    visitor: Visiting,
    page: PageNumber = 1,
    find: Annotated[Text, Query()] = "",
) -> HTMLResponse:
    """List invoices, by page; `find` is a part of a number, a name or an address."""
    with app.reading() as session:
        found = lookup.invoices(session, wanted=InvoiceFilter(find=find[:100]), page=page)
        awaited = awaited_payments.among(session, invoice_ids=[one.invoice_id for one in found.rows])
    context = {"visitor": visitor, "found": found, "find": find[:100], "awaited": awaited}
    return PAGES.TemplateResponse(request, "invoices.html", context)


@router.get("/invoices/{invoice_id}")
def invoice(app: AppDep, request: Request, visitor: Visiting, invoice_id: RowId) -> HTMLResponse:
    """Show one invoice."""
    return invoice_page(app, request, visitor, invoice_id)


@router.post("/invoices/{invoice_id}/send")
def send(
    app: AppDep, request: Request, visitor: Visiting, invoice_id: RowId, form: Annotated[SendForm, Form()]
) -> Response:
    """Send the invoice email, now or later."""

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

    return answer_form(app, request, visitor, invoice_id, form, do, block="emails", name="send")
