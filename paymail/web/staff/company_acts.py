"""What is done on a company's page beside saving: stopping a bank change, asking DNS, connecting Stripe."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import Field
from sqlalchemy.orm import Session

from paymail.errors import InvalidInput, PaymailError, Unavailable
from paymail.services.access import people, second_factor, staff
from paymail.services.core.issuers import find_issuer
from paymail.services.issuers import bank_changes, sender_checks, stripe_account
from paymail.services.issuers.others_identity import refuse_others_account
from paymail.services.outbox.suppressions import domain_of
from paymail.web.http.dependencies import AppDep
from paymail.web.http.errors import status_of
from paymail.web.http.inputs import LARGEST_ID, RowId
from paymail.web.http.rate_limits import rate_limits
from paymail.web.staff.code_limits import limit_codes
from paymail.web.staff.company_view import Told, company_page
from paymail.web.staff.form_actions import StaffForm, Text, act
from paymail.web.staff.pages import PAGES
from paymail.web.staff.session import Visiting

router = APIRouter(prefix="/companies/{issuer_id}")


def _back(issuer_id: int, done: str) -> RedirectResponse:
    return RedirectResponse(f"/staff/companies/{issuer_id}?done={done}", 303)


@router.post("/bank/cancel")
def stop_bank_change(
    app: AppDep, visitor: Visiting, issuer_id: RowId, form: Annotated[StaffForm, Form()]
) -> Response:
    """Stop the change of bank details that waits. One that is gone already is what was wanted."""

    def do(session: Session, now: datetime) -> None:
        issuer = find_issuer(session, ref=str(issuer_id))
        try:
            bank_changes.cancel(session, issuer=issuer, actor=visitor.email, now=now)
        except bank_changes.NoBankChange:
            return

    act(app, visitor, form, do)
    return _back(issuer_id, "cancelled")


class ConfirmForm(StaffForm):
    """A code of the second factor, by which the change of bank details that the page showed applies now."""

    change_id: Annotated[int, Field(ge=0, le=LARGEST_ID)] = 0
    code: Text = ""


@router.post("/bank/confirm", dependencies=[Depends(limit_codes)])
def confirm_bank_change(
    app: AppDep, request: Request, visitor: Visiting, issuer_id: RowId, form: Annotated[ConfirmForm, Form()]
) -> Response:
    """Apply the change of bank details that waits, without the wait: with the admin's second factor."""

    def do(session: Session, now: datetime) -> None:
        issuer = find_issuer(session, ref=str(issuer_id))
        person = people.person_of(session, user_id=visitor.user_id)
        second_factor.prove(session, person, code=form.code, now=now)
        shown = form.change_id
        bank_changes.confirm(session, issuer=issuer, actor=visitor.email, now=now, change_id=shown)

    if refusal := act(app, visitor, form, do):
        told = Told({}, f"Nothing was changed: {refusal.reason}.", refusal.status)
        return company_page(app, request, visitor, issuer_id, told=told)
    return _back(issuer_id, "confirmed")


@router.post("/sender")
def check_sender(
    app: AppDep, request: Request, visitor: Visiting, issuer_id: RowId, form: Annotated[StaffForm, Form()]
) -> Response:
    """Ask DNS about the sender's domain, for some seconds at most, and keep what it says."""
    staff.check_csrf(visitor, form.csrf)
    rate_limits(request).lookups.check(visitor.email)
    with app.reading() as session:
        domain = domain_of(find_issuer(session, ref=str(issuer_id)).email)
    found = app.sender_records.look(domain)
    with app.transaction() as session:
        sender_checks.keep(session, issuer_id=issuer_id, domain=domain, found=found, now=app.now())
    return _back(issuer_id, "checked")


class StripeForm(StaffForm):
    """Which account to connect; `sure` once the page has shown what Stripe says of it."""

    account: Text = ""
    sure: Text = ""


@router.post("/stripe")
def connect_stripe(
    app: AppDep, request: Request, visitor: Visiting, issuer_id: RowId, form: Annotated[StripeForm, Form()]
) -> Response:
    """Show what Stripe says of an account; and connect it, once that was seen."""
    staff.check_csrf(visitor, form.csrf)
    rate_limits(request).lookups.check(visitor.email)
    try:
        with app.reading() as session:  # before Stripe says whose account it is
            refuse_others_account(session, form.account)
        found = stripe_account.look_up(app.gateway, form.account)
    except InvalidInput as error:
        told = Told({"stripe_account": str(error)}, "Nothing was saved.", 422)
        return company_page(app, request, visitor, issuer_id, told=told)
    except PaymailError as error:
        status = 503 if isinstance(error, Unavailable) else status_of(error)
        told = Told({"stripe_account": "Stripe could not be asked; try again"}, "Nothing was saved.", status)
        return company_page(app, request, visitor, issuer_id, told=told)
    if form.sure != "yes":
        with app.reading() as session:
            issuer = find_issuer(session, ref=str(issuer_id))
        context = {"visitor": visitor, "issuer": issuer, "found": found}
        return PAGES.TemplateResponse(request, "company_stripe.html", context)

    done: list[str] = []

    def do(session: Session, now: datetime) -> None:
        issuer = find_issuer(session, ref=str(issuer_id))
        told = stripe_account.connect(session, issuer=issuer, account=found.id, actor=visitor.email, now=now)
        done.append("connected" if told else "connected_first")

    if refusal := act(app, visitor, form, do):
        told = Told({}, f"Nothing was saved: {refusal.reason}.", refusal.status)
        return company_page(app, request, visitor, issuer_id, told=told)
    return _back(issuer_id, done[0])
