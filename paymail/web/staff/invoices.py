"""One invoice, and sending its email."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, Response
from sqlalchemy.orm import Session

from paymail.services.core.invoices import load_invoice
from paymail.services.sending import invoice_emails
from paymail.web.http.dependencies import AppDep
from paymail.web.http.inputs import RowId
from paymail.web.staff.form_actions import moment_of
from paymail.web.staff.invoice_view import SendForm, answer_form, invoice_page
from paymail.web.staff.session import Visiting

router = APIRouter()


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
