"""One customer: who it is and what it owes, and changing its address, language and details."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, Response
from sqlalchemy.orm import Session

from paymail.services.access.staff import Visitor
from paymail.services.customers import addresses, details, languages
from paymail.services.customers.details import Details
from paymail.web.http.dependencies import AppDep
from paymail.web.http.inputs import RowId
from paymail.web.staff import flash
from paymail.web.staff.customer_view import DetailsForm, shown
from paymail.web.staff.form_actions import StaffForm, Text, act
from paymail.web.staff.session import Visiting
from paymail.wiring import App

router = APIRouter(prefix="/customers/{customer_id}")


class EmailForm(StaffForm):
    """Another address that emails go to."""

    address: Text = ""


class LocaleForm(StaffForm):
    """Another locale; empty: the issuer's."""

    locale: Text = ""


@router.get("")
def page(app: AppDep, request: Request, visitor: Visiting, customer_id: RowId) -> HTMLResponse:
    """Show one customer."""
    return shown(app, request, visitor, customer_id)


@router.post("/email")
def change(
    app: AppDep, request: Request, visitor: Visiting, customer_id: RowId, form: Annotated[EmailForm, Form()]
) -> Response:
    """Change the address that emails go to."""

    def do(session: Session, now: datetime) -> None:
        addresses.change_email(
            session, customer_id=customer_id, address=form.address, actor=visitor.email, now=now
        )

    return _done(app, request, visitor, customer_id, form, do, "address")


@router.post("/locale")
def speak(
    app: AppDep, request: Request, visitor: Visiting, customer_id: RowId, form: Annotated[LocaleForm, Form()]
) -> Response:
    """Change the locale of the customer's emails; empty: the issuer's."""

    def do(session: Session, now: datetime) -> None:
        languages.set_locale(session, customer_id=customer_id, tag=form.locale, actor=visitor.email, now=now)

    return _done(app, request, visitor, customer_id, form, do, "language")


@router.post("/details")
def describe(
    app: AppDep, request: Request, visitor: Visiting, customer_id: RowId, form: Annotated[DetailsForm, Form()]
) -> Response:
    """Change what documents say of the customer."""

    def do(session: Session, now: datetime) -> None:
        asked = Details(form.name, form.attention, form.address, form.country, form.tax_id)
        details.change_details(session, customer_id=customer_id, asked=asked, actor=visitor.email, now=now)

    return _done(app, request, visitor, customer_id, form, do, "details")


def _done(
    app: App,
    request: Request,
    visitor: Visitor,
    customer_id: int,
    form: StaffForm,
    do: Callable[[Session, datetime], None],
    did: str,
) -> Response:
    if refusal := act(app, visitor, form, do):
        return shown(app, request, visitor, customer_id, refusal.reason, refusal.status, form)
    return flash.back_to(f"/staff/customers/{customer_id}", did)
