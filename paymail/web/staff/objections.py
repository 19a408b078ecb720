"""Answering, and closing, what a customer says is wrong with an invoice."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response
from sqlalchemy.orm import Session

from paymail.services.customers import objections
from paymail.web.http.dependencies import AppDep
from paymail.web.http.inputs import RowId
from paymail.web.staff.invoice_view import AnswerForm, answer_form
from paymail.web.staff.session import Visiting

router = APIRouter()


@router.post("/invoices/{invoice_id}/objection")
def close(
    app: AppDep, request: Request, visitor: Visiting, invoice_id: RowId, form: Annotated[AnswerForm, Form()]
) -> Response:
    """Close it, and email the answer if there is one."""

    def do(session: Session, now: datetime) -> None:
        present = objections.open_objection(session, invoice_id=invoice_id)
        if present is None or present.objection_id != form.objection:
            return  # the second click of a double click, or somebody else was faster
        objections.close(session, invoice_id=invoice_id, answer=form.answer, actor=visitor.email, now=now)

    return answer_form(app, request, visitor, invoice_id, form, do, did="answer", name="answer")
