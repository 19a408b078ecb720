"""Sending a copy of an invoice, or of a receipt of it, to one further address."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response
from sqlalchemy.orm import Session

from paymail.services.sending.copies import send_copy, sent_earlier
from paymail.web.http.dependencies import AppDep
from paymail.web.http.inputs import RowId
from paymail.web.staff import flash
from paymail.web.staff.form_actions import act
from paymail.web.staff.invoice_view import CopyForm, invoice_page
from paymail.web.staff.session import Visiting

router = APIRouter()


@router.post("/invoices/{invoice_id}/copy")
def copy(
    app: AppDep, request: Request, visitor: Visiting, invoice_id: RowId, form: Annotated[CopyForm, Form()]
) -> Response:
    """Send the copy; a second click sends no second one, and the page says so where it went out before."""
    did = "copy"

    def do(session: Session, now: datetime) -> None:
        nonlocal did
        queued = send_copy(
            session,
            invoice_id=invoice_id,
            to=form.to,
            payment_id=form.payment or None,
            actor=visitor.email,
            now=now,
        )
        if sent_earlier(session, queued):
            did = "copy_sent"

    if refusal := act(app, visitor, form, do):
        return invoice_page(app, request, visitor, invoice_id, refusal, {"copy_to": form})
    return flash.back_to(f"/staff/invoices/{invoice_id}", did)
