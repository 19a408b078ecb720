"""Reminding, holding and voiding many invoices: counted by company, confirmed, and told what was refused."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session

from paymail.errors import InvalidInput
from paymail.services.access import staff
from paymail.services.core.each_invoice import act_on_each
from paymail.services.lists import issuer_sums
from paymail.services.lists.id_digest import id_digest
from paymail.services.lists.invoice_filter import BadFilter, from_text
from paymail.services.reminders.held_back import held_back
from paymail.web.http.dependencies import AppDep
from paymail.web.http.errors import status_of
from paymail.web.staff.acts_each import act_of
from paymail.web.staff.acts_view import ActForm, Report, Verb, acts_page
from paymail.web.staff.bulk_start import OtherThanShown
from paymail.web.staff.form_actions import Refusal
from paymail.web.staff.picks import of_company, picked
from paymail.web.staff.session import Visiting

router = APIRouter(prefix="/acts")
AT_ONCE = 100
"""Invoices of one press: a page is answered before a person gives up on it."""


@router.get("/{kind}")
def ask(app: AppDep, request: Request, visitor: Visiting, kind: Verb) -> HTMLResponse:
    """Show what it would be done to, company by company. Nothing is done."""
    form = ActForm(began=app.now().isoformat())
    try:
        wanted = from_text(picked(request.query_params.multi_items()).query or "payment=owed")
        form.filter = of_company(wanted, request.state.shell.company).query
    except BadFilter as error:
        refusal = Refusal(str(error), status_of(error), error.code)
        return acts_page(app, request, visitor, kind, form, refusal=refusal)
    return acts_page(app, request, visitor, kind, form)


@router.post("/{kind}")
def do(
    app: AppDep, request: Request, visitor: Visiting, kind: Verb, form: Annotated[ActForm, Form()]
) -> HTMLResponse:
    """Do it to the next of them, each by itself; what is refused is named with its reason."""
    staff.check_csrf(visitor, form.csrf)
    try:
        shown_at, began = (_instant(text, app.now()) for text in (form.shown_at, form.began))
        with app.reading() as session:
            ids = _confirmed(session, form, shown_at)
            held = held_back(session, invoice_ids=ids[:AT_ONCE], now=app.now()) if kind is Verb.REMIND else {}
        act = act_of(kind, form, visitor.email, began, held)
    except (InvalidInput, OtherThanShown) as error:
        refusal = Refusal(str(error), status_of(error), error.code)
        return acts_page(app, request, visitor, kind, form, refusal=refusal)
    outcome = act_on_each(app.context(), invoice_ids=ids[:AT_ONCE], act=act)
    form.shown, form.after = id_digest(ids[AT_ONCE:]), ids[:AT_ONCE][-1] if ids else form.after
    report = Report(outcome, more=len(ids) > AT_ONCE)
    return acts_page(app, request, visitor, kind, form, report=report)


def _confirmed(session: Session, form: ActForm, shown_at: datetime) -> list[int]:
    """Return what is left of those that the page showed. Raises OtherThanShown when it is not the same."""
    found = issuer_sums.ids_of(session, wanted=from_text(form.filter), now=shown_at, after=form.after)
    if id_digest(found) != form.shown:
        raise OtherThanShown("other invoices match now than when you looked; check and try again")
    return found


def _instant(text: str, now: datetime) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadFilter("the page is not complete; load it again") from error
    if found.tzinfo is None or found > now:
        raise BadFilter("the page is not complete; load it again")
    return found
