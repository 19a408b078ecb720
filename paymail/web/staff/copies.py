"""Sending a copy of an invoice, or of a receipt of it, to one further address."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response
from sqlalchemy.orm import Session

from paymail.services.sending.copies import send_copy
from paymail.web.http.dependencies import AppDep
from paymail.web.http.inputs import RowId
from paymail.web.staff.invoice_view import CopyForm, answer_form
from paymail.web.staff.session import Visiting

router = APIRouter()


@router.post("/invoices/{invoice_id}/copy")
def copy(
    app: AppDep, request: Request, visitor: Visiting, invoice_id: RowId, form: Annotated[CopyForm, Form()]
) -> Response:
    """Send the copy; a second click sends no second one."""

    def do(session: Session, now: datetime) -> None:
        send_copy(
            session,
            invoice_id=invoice_id,
            to=form.to,
            payment_id=form.payment or None,
            actor=visitor.email,
            now=now,
        )

    return answer_form(app, request, visitor, invoice_id, form, do, did="copy", name="copy_to")
