"""Erasing a customer's personal data: first what goes and what is in the way, then done."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, Response
from sqlalchemy.orm import Session

from paymail.services.customers import addresses, erasure
from paymail.web.http.dependencies import AppDep
from paymail.web.http.inputs import RowId
from paymail.web.staff import flash
from paymail.web.staff.customer_view import shown
from paymail.web.staff.form_actions import StaffForm, Text, act
from paymail.web.staff.money_view import NotConfirmed
from paymail.web.staff.pages import PAGES
from paymail.web.staff.session import Visiting

router = APIRouter(prefix="/customers/{customer_id}/erase")


class EraseForm(StaffForm):
    """Erase the data, which cannot be undone."""

    sure: Text = ""


@router.get("")
def ask(app: AppDep, request: Request, visitor: Visiting, customer_id: RowId) -> HTMLResponse:
    """Show what erasing the customer's data would do."""
    with app.reading() as session:
        context = {
            "visitor": visitor,
            "customer": addresses.customer(session, customer_id=customer_id),
            "obstacles": erasure.in_the_way(session, customer_id=customer_id),
        }
        return PAGES.TemplateResponse(request, "customer_erase.html", context)


@router.post("")
def erase(
    app: AppDep, request: Request, visitor: Visiting, customer_id: RowId, form: Annotated[EraseForm, Form()]
) -> Response:
    """Erase the customer's data."""

    def do(session: Session, now: datetime) -> None:
        if form.sure != "yes":
            raise NotConfirmed("tick the box to erase the data")
        erasure.erase_customer(session, customer_id=customer_id, actor=visitor.email, now=now)

    if refusal := act(app, visitor, form, do):
        return shown(app, request, visitor, customer_id, refusal.reason, refusal.status)
    return flash.back_to(f"/staff/customers/{customer_id}", "erased")
