"""Reminding, holding and voiding many invoices: counted by company, confirmed, and told what was refused."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session

from paymail.errors import InvalidInput
from paymail.models import HoldReason
from paymail.services.access import staff
from paymail.services.core.each_invoice import Act, act_on_each
from paymail.services.core.invoices import load_invoice
from paymail.services.lists import issuer_sums
from paymail.services.lists.invoice_filter import BadFilter, from_text
from paymail.services.payments import adjustments
from paymail.services.reminders import asked_since, by_hand, holds
from paymail.web.http.dependencies import AppDep
from paymail.web.http.errors import status_of
from paymail.web.staff.acts_view import ActForm, Report, Verb, acts_page
from paymail.web.staff.bulk_start import OtherThanShown
from paymail.web.staff.form_actions import Refusal, day_of
from paymail.web.staff.picks import picked
from paymail.web.staff.session import Visiting

router = APIRouter(prefix="/acts")
AT_ONCE = 100
"""Invoices of one press: a page is answered before a person gives up on it."""


class NotSure(InvalidInput):
    """What cannot be undone needs a tick."""

    code = "not_sure"


@router.get("/{kind}")
def ask(app: AppDep, request: Request, visitor: Visiting, kind: Verb) -> HTMLResponse:
    """Show what it would be done to, company by company. Nothing is done."""
    form = ActForm(shown_at=app.now().isoformat())
    try:
        form.filter = picked(request.query_params.multi_items()).query or "payment=owed"
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
        shown_at = _instant(form.shown_at, app.now())
        act = _act(kind, form, visitor.email, shown_at)
        with app.reading() as session:
            ids = _next(session, form, shown_at)
    except (InvalidInput, OtherThanShown) as error:
        refusal = Refusal(str(error), status_of(error), error.code)
        return acts_page(app, request, visitor, kind, form, refusal=refusal)
    outcome = act_on_each(app.context(), invoice_ids=ids[:AT_ONCE], act=act)
    following = ids[AT_ONCE - 1] if len(ids) > AT_ONCE else None
    return acts_page(app, request, visitor, kind, form, report=Report(outcome, following))


def _next(session: Session, form: ActForm, shown_at: datetime) -> list[int]:
    wanted = from_text(form.filter)
    if not form.after:
        found = sum(one.count for one in issuer_sums.by_issuer(session, wanted=wanted, now=shown_at))
        if found != form.seen:
            raise OtherThanShown(
                f"{found} invoices match now, {form.seen} when you looked; check and try again"
            )
    return issuer_sums.next_ids(
        session, wanted=wanted, now=shown_at, after=form.after, highest=form.highest, most=AT_ONCE + 1
    )


def _instant(text: str, now: datetime) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadFilter("the page is not complete; load it again") from error
    if found.tzinfo is None or found > now:
        raise BadFilter("the page is not complete; load it again")
    return found


def _act(verb: Verb, form: ActForm, actor: str, shown_at: datetime) -> Act:
    if verb is Verb.REMIND:
        return lambda session, invoice_id, now: _remind(session, invoice_id, actor, now, shown_at)
    if not form.reason:
        raise NotSure("enter a reason; it stands in the history of each invoice")
    if verb is Verb.HOLD:
        day_of(form.until)
        return lambda session, invoice_id, now: _hold(session, invoice_id, form, actor, now)
    if form.sure != "yes":
        raise NotSure("tick the box to confirm: voiding cannot be undone")
    return lambda session, invoice_id, now: adjustments.void(
        session, invoice_id=invoice_id, reason=form.reason, actor=actor, now=now
    )


def _remind(session: Session, invoice_id: int, actor: str, now: datetime, shown_at: datetime) -> None:
    load_invoice(session, invoice_id=invoice_id, lock=True)
    if not asked_since.asked_since(session, invoice_id=invoice_id, since=shown_at):
        by_hand.remind_by_hand(session, invoice_id=invoice_id, actor=actor, now=now)


def _hold(session: Session, invoice_id: int, form: ActForm, actor: str, now: datetime) -> None:
    issuer, day = load_invoice(session, invoice_id=invoice_id, lock=True).issuer, day_of(form.until)
    holds.place(
        session,
        invoice_id=invoice_id,
        reason=HoldReason.STAFF,
        actor=actor,
        now=now,
        until=holds.end_of_day(day, issuer, now) if day else None,
        detail=form.reason,
    )
