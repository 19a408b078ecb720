"""Emailing a customer's statement of account: first what will go to whom, then queued."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, Response
from sqlalchemy.orm import Session

from paymail.clock import new_id
from paymail.errors import Conflict, InvalidInput
from paymail.models import Issuer
from paymail.services.access.staff import Visitor
from paymail.services.customers import addresses, statement_emails
from paymail.services.letters import statements
from paymail.web.http.dependencies import AppDep
from paymail.web.http.errors import status_of
from paymail.web.http.inputs import RowId
from paymail.web.http.inputs import Text as Given
from paymail.web.staff import flash
from paymail.web.staff.customer_view import recipients, shown
from paymail.web.staff.form_actions import StaffForm, Text, act, day_of
from paymail.web.staff.money_view import RequestKey
from paymail.web.staff.pages import PAGES
from paymail.web.staff.session import Visiting
from paymail.wiring import App

router = APIRouter(prefix="/customers/{customer_id}/statement")
MOST_INVOICES = 20


class StatementForm(StaffForm):
    """Email a statement; `request_key` makes a double click one email. `since` empty: 90 days."""

    request_key: RequestKey
    currency: Text = ""
    since: Text = ""


@router.get("")
def ask(
    app: AppDep,
    request: Request,
    visitor: Visiting,
    customer_id: RowId,
    currency: Annotated[Given, Query(max_length=3)] = "",
    since: Annotated[Given, Query(max_length=10)] = "",
) -> HTMLResponse:
    """Show what an email of the statement would say, and to whom it would go."""
    form = StatementForm(request_key=new_id(), currency=currency.upper(), since=since)
    try:
        return _page(app, request, visitor, customer_id, form)
    except (Conflict, InvalidInput, statements.NothingIssued) as error:
        return shown(app, request, visitor, customer_id, str(error), status_of(error))


@router.post("")
def send(
    app: AppDep,
    request: Request,
    visitor: Visiting,
    customer_id: RowId,
    form: Annotated[StatementForm, Form()],
) -> Response:
    """Queue the email."""

    def do(session: Session, now: datetime) -> None:
        statement_emails.send_statement(
            session,
            customer_id=customer_id,
            key=form.request_key,
            currency=form.currency,
            since=day_of(form.since),
            actor=visitor.email,
            now=now,
        )

    if refusal := act(app, visitor, form, do):
        return shown(app, request, visitor, customer_id, refusal.reason, refusal.status)
    return flash.back_to(f"/staff/customers/{customer_id}", "statement")


def _page(
    app: App, request: Request, visitor: Visitor, customer_id: int, form: StatementForm
) -> HTMLResponse:
    """Answer with what the email would say if it went out now. Raises what `statements.statement` raises."""
    now = app.now()
    with app.reading() as session:
        currencies = statements.currencies(session, customer_id=customer_id, now=now)
        document = statements.statement(
            session,
            customer_id=customer_id,
            now=now,
            since=day_of(form.since),
            currency=form.currency or next(iter(currencies), ""),
            public_url=app.settings.public_url,
        )
        code = document.balance.currency
        customer = addresses.customer(session, customer_id=customer_id)
        context = {
            "visitor": visitor,
            "customer": customer,
            "issuer": session.get_one(Issuer, customer.issuer_id),
            "currencies": currencies,
            "document": document,
            "code": code,
            "invoices": document.open[:MOST_INVOICES],
            "more": len(document.open) > MOST_INVOICES,
            "recipients": list(recipients(session, customer)),
            "form": form,
        }
    return PAGES.TemplateResponse(request, "statement.html", context)
