"""How an issuer reminds and sends, and how each tone reads."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy.orm import Session

from paymail.emails import Tone
from paymail.mail import reader
from paymail.services.access import staff
from paymail.services.access.staff import Visitor
from paymail.services.core.issuers import all_issuers, find_issuer
from paymail.services.core.tax_invoices import lacks_abn, mend
from paymail.services.issuers import issuer_settings
from paymail.services.letters import previews
from paymail.services.outbox import gates
from paymail.services.reminders import ladder
from paymail.web.http.dependencies import AppDep
from paymail.web.staff import issuer_settings_form
from paymail.web.staff.form_actions import IssuerId, Refusal, StaffForm, Text, act
from paymail.web.staff.issuer_settings_form import PreferencesForm
from paymail.web.staff.mailbox import framed
from paymail.web.staff.pages import PAGES
from paymail.web.staff.session import Visiting
from paymail.wiring import App

router = APIRouter(prefix="/reminders")


def _page(
    app: App,
    request: Request,
    visitor: Visitor,
    ref: str,
    form: PreferencesForm | None = None,
    refusal: Refusal | None = None,
    note: str = "",
) -> HTMLResponse:
    with app.reading() as session:
        issuers = all_issuers(session)
        issuer = find_issuer(session, ref=ref or (str(issuers[0].issuer_id) if issuers else ""))
    form = form or issuer_settings_form.of_issuer(issuer)
    context = {
        "visitor": visitor,
        "issuer": issuer,
        "issuers": issuers,
        "form": form,
        "rows": issuer_settings_form.rows_of(form),
        "most_rows": ladder.MOST_STEPS,
        "tones": list(Tone),
        "presets": gates.PRESETS,
        "zones": issuer_settings_form.zones(),
        "missing": mend(issuer) if lacks_abn(issuer) else "",
        "refusal": refusal,
        "note": note,
    }
    return PAGES.TemplateResponse(request, "reminders.html", context, refusal.status if refusal else 200)


@router.get("")
def show(
    app: AppDep,
    request: Request,
    visitor: Visiting,
    issuer: Annotated[IssuerId, Query()] = "",
    saved: Annotated[Text, Query()] = "",
) -> HTMLResponse:
    """Show the form of an issuer."""
    return _page(app, request, visitor, issuer, note="Saved." if saved else "")


@router.post("")
def save(
    app: AppDep, request: Request, visitor: Visiting, form: Annotated[PreferencesForm, Form()]
) -> Response:
    """Save the form; or show it with a row more or less."""
    if form.do != "save":
        changed = issuer_settings_form.with_rows(form)
        return _page(app, request, visitor, form.issuer, changed, note="Not saved yet.")

    def do(session: Session, now: datetime) -> None:
        issuer = find_issuer(session, ref=form.issuer)
        changes = issuer_settings_form.changes_of(form, issuer.currency)
        issuer_settings.set_up_issuer(session, issuer=issuer, changes=changes, actor=visitor.email, now=now)

    if refusal := act(app, visitor, form, do):
        return _page(app, request, visitor, form.issuer, form, refusal)
    return RedirectResponse(f"/staff/reminders?issuer={form.issuer}&saved=yes", 303)


class BankForm(StaffForm):
    """Which issuer's change of bank details to cancel."""

    issuer: IssuerId = ""


@router.post("/bank/cancel")
def cancel_bank_change(visitor: Visiting, form: Annotated[BankForm, Form()]) -> RedirectResponse:
    """Lead to where a change of bank details is stopped now: a page of before may still be open."""
    staff.check_csrf(visitor, form.csrf)
    return RedirectResponse(f"/staff/companies/{form.issuer or 0}/bank/cancel", 307)


@router.get("/samples/{template}")
def sample(app: AppDep, template: str) -> HTMLResponse:
    """Show an email of made-up data, for the frame."""
    with_sample = app.writer.write(previews.sample(template=template, now=app.now()))
    return framed(reader.take_apart(with_sample.mime).html)
