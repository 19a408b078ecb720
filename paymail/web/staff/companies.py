"""The companies that send invoices: the list, a new one, one with its settings, and what was changed."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy.orm import Session

from paymail.errors import Conflict, InvalidInput
from paymail.models import Issuer
from paymail.services.access import staff
from paymail.services.access.staff import Visitor
from paymail.services.core.issuers import find_issuer
from paymail.services.issuers import bank_changes, issuer_settings, logos, setting_history
from paymail.services.issuers.bank_details import BANK_FIELDS
from paymail.services.issuers.new_company import add_company
from paymail.services.issuers.overtaken import Overtaken
from paymail.services.issuers.setting_faults import SettingFaults, read_all
from paymail.services.issuers.setting_names import NAMES
from paymail.web.http.dependencies import AppDep
from paymail.web.http.errors import status_of
from paymail.web.http.inputs import LARGEST_ID, RowId
from paymail.web.staff.company_form import CompanyForm, GivenForm
from paymail.web.staff.company_view import BANK_DONE, Told, company_page, list_page, lists, told_of
from paymail.web.staff.pages import PAGES
from paymail.web.staff.session import Visiting
from paymail.wiring import App

router = APIRouter(prefix="/companies")

STARTING = {"locale": "en-AU", "timezone": "Australia/Sydney", "currency": "AUD"}
"""What the form of a new company begins with."""
PAGE = 50
"""Changes on a page of the history."""
WRONG = "Nothing was saved. Correct what is marked below, then save again."


@router.get("")
def companies(app: AppDep, request: Request, visitor: Visiting) -> HTMLResponse:
    """List the companies, with what each lacks."""
    return list_page(app, request, visitor)


@router.get("/new")
def blank(request: Request, visitor: Visiting) -> HTMLResponse:
    """Show the form of a new company."""
    return _new_page(request, visitor, CompanyForm(texts=STARTING), Told({}, "", 200))


@router.post("/new")
def add(app: AppDep, request: Request, visitor: Visiting, form: GivenForm) -> Response:
    """Add a company; or show the form again with all that is wrong."""
    staff.check_csrf(visitor, form.csrf)
    texts = {name: text for name, text in form.texts.items() if name != "name"}
    try:
        with app.transaction() as session:
            made = add_company(
                session, name=form.texts.get("name", ""), texts=texts, actor=visitor.email, now=app.now()
            )
    except SettingFaults as error:
        return _new_page(request, visitor, form, Told(error.faults, WRONG, 422))
    return RedirectResponse(f"/staff/companies/{made.issuer_id}?done=added", 303)


def _new_page(request: Request, visitor: Visitor, form: CompanyForm, told: Told) -> HTMLResponse:
    context = {"visitor": visitor, "texts": form.texts, "told": told, **lists()}
    return PAGES.TemplateResponse(request, "company_new.html", context, told.status)


@router.get("/{issuer_id}")
def show(app: AppDep, request: Request, visitor: Visiting, issuer_id: RowId) -> HTMLResponse:
    """Show one company with its settings."""
    return company_page(app, request, visitor, issuer_id)


@router.post("/{issuer_id}")
def save(app: AppDep, request: Request, visitor: Visiting, issuer_id: RowId, form: GivenForm) -> Response:
    """Save what was changed: all of it, or nothing with all that is wrong."""
    return _saved(app, request, visitor, issuer_id, form)


@router.post("/{issuer_id}/colour")
def check_colour(
    app: AppDep, request: Request, visitor: Visiting, issuer_id: RowId, form: GivenForm
) -> HTMLResponse:
    """Show whether white can be read on the colour that was typed. Saves nothing."""
    staff.check_csrf(visitor, form.csrf)
    return company_page(app, request, visitor, issuer_id, form)


@router.post("/{issuer_id}/bank")
def save_bank(
    app: AppDep, request: Request, visitor: Visiting, issuer_id: RowId, form: GivenForm
) -> Response:
    """Ask for other bank details, which take effect after 48 hours."""
    return _saved(app, request, visitor, issuer_id, form, bank=True)


def _saved(
    app: App, request: Request, visitor: Visitor, issuer_id: int, form: CompanyForm, *, bank: bool = False
) -> Response:
    staff.check_csrf(visitor, form.csrf)
    try:
        with app.transaction() as session:
            changed = _save(session, app, find_issuer(session, ref=str(issuer_id)), visitor, form)
            done = _bank_done(session, issuer_id, changed) if bank else "saved"
    except SettingFaults as error:
        return company_page(app, request, visitor, issuer_id, form, Told(error.faults, WRONG, 422))
    except Overtaken as error:
        return company_page(app, request, visitor, issuer_id, form, told_of(error))
    except (Conflict, InvalidInput) as error:
        told = Told({}, f"Nothing was saved: {error}.", status_of(error))
        return company_page(app, request, visitor, issuer_id, form, told)
    return RedirectResponse(f"/staff/companies/{issuer_id}?done={done}", 303)


def _save(session: Session, app: App, issuer: Issuer, visitor: Visitor, form: CompanyForm) -> list[str]:
    faults: dict[str, str] = {}
    if form.logo:
        try:
            logos.drawn(form.logo)
        except logos.BadLogo as error:
            faults["logo"] = str(error)
    try:
        changes = read_all(issuer, form.changed)
    except SettingFaults as error:
        raise SettingFaults(dict(error.faults) | faults) from error
    if faults:
        raise SettingFaults(faults)
    changed: list[str] = []
    if changes:
        changed = issuer_settings.set_up_issuer(
            session, issuer=issuer, changes=changes, actor=visitor.email, now=app.now(), seen=form.seen
        )
    if form.logo or form.remove_logo:
        bank_changes.lock(session, issuer)
        if form.seen.get("logo", issuer.logo_sha256 or "") != (issuer.logo_sha256 or ""):
            raise Overtaken({"logo": None})
        logos.set_logo(session, issuer=issuer, content=form.logo, actor=visitor.email, now=app.now())
    return changed


def _bank_done(session: Session, issuer_id: int, changed: list[str]) -> str:
    """Return the code of what is said once other bank details were asked for: one of DONE."""
    latest = bank_changes.latest(session, issuer_id=issuer_id)
    if latest is None or not any(name in changed for name in BANK_FIELDS):
        return "bank_same"
    return BANK_DONE[latest.state]


@router.get("/{issuer_id}/history")
def history(
    app: AppDep,
    request: Request,
    visitor: Visiting,
    issuer_id: RowId,
    before: Annotated[int | None, Query(ge=1, le=LARGEST_ID)] = None,
) -> HTMLResponse:
    """Show who changed what of a company, newest first."""
    with app.reading() as session:
        issuer = find_issuer(session, ref=str(issuer_id))
        found = setting_history.changes_of(session, issuer_id=issuer_id, limit=PAGE + 1, before=before)
    context = {
        "visitor": visitor,
        "issuer": issuer,
        "changes": found[:PAGE],
        "more": found[PAGE - 1].change_id if len(found) > PAGE else None,
        "names": NAMES,
    }
    return PAGES.TemplateResponse(request, "company_history.html", context)
