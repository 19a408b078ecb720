"""The pay link of an invoice: shown to who asks for it, another one, or none."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response
from sqlalchemy.orm import Session

from paymail.services.links import pay_links
from paymail.web.http.dependencies import AppDep
from paymail.web.http.inputs import RowId
from paymail.web.staff import flash
from paymail.web.staff.form_actions import NotAChoice, StaffForm, Text, act
from paymail.web.staff.invoice_view import invoice_page
from paymail.web.staff.session import Visiting

router = APIRouter()


class LinkForm(StaffForm):
    """`do` is show, regenerate or revoke; `was` tells which link the page showed."""

    do: Text = ""
    was: Text = ""


@router.post("/invoices/{invoice_id}/link")
def change(
    app: AppDep, request: Request, visitor: Visiting, invoice_id: RowId, form: Annotated[LinkForm, Form()]
) -> Response:
    """Show the link, give the invoice another one, or take it back."""

    def do(session: Session, now: datetime) -> None:
        match form.do:
            case "regenerate":
                pay_links.regenerate(
                    session, invoice_id=invoice_id, actor=visitor.email, now=now, was=form.was
                )
            case "revoke":
                pay_links.revoke(session, invoice_id=invoice_id, actor=visitor.email, now=now)
            case "show":
                return
            case other:
                raise NotAChoice(f"{other[:20]!r} is not an option; choose show, regenerate or revoke")

    if refusal := act(app, visitor, form, do):
        return invoice_page(app, request, visitor, invoice_id, refusal)
    if form.do == "show":
        return invoice_page(app, request, visitor, invoice_id, show_link=True)
    made = "link_made" if form.was == "none" else "link"
    return flash.back_to(f"/staff/invoices/{invoice_id}", "link_ended" if form.do == "revoke" else made)
