"""Bulk sends: the list, choosing and starting one, and where one stands."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy.orm import Session

from paymail.clock import new_id
from paymail.models import BulkState
from paymail.services.core.issuers import all_issuers
from paymail.services.lists.invoice_filter import BadFilter
from paymail.services.sending import bulk
from paymail.services.sending.bulk import Selection
from paymail.web.http.dependencies import AppDep
from paymail.web.http.errors import status_of
from paymail.web.http.inputs import RowId
from paymail.web.staff import flash
from paymail.web.staff.bulk_start import begin
from paymail.web.staff.bulk_view import RequestKey, StartForm, bulk_page, choosing_page, company_of
from paymail.web.staff.form_actions import Refusal, StaffForm, act
from paymail.web.staff.pages import PAGES
from paymail.web.staff.picks import of_company, picked
from paymail.web.staff.session import Visiting

router = APIRouter(prefix="/bulk")


class AgainForm(StaffForm):
    """Send only the failed again; `request_key` makes a double click one bulk send."""

    request_key: RequestKey


@router.get("")
def sends(app: AppDep, request: Request, visitor: Visiting) -> HTMLResponse:
    """List bulk sends."""
    with app.reading() as session:
        found = bulk.listed(session, now=app.now(), default_rate=app.sender_rate)
        issuers = all_issuers(session)
    company = request.state.shell.company
    found = [one for one in found if company is None or company_of(one) in (None, company)]
    zones = {one.issuer_id: one.timezone for one in issuers}
    first = issuers[0].timezone if issuers else "UTC"
    rows = [(one, zones.get(company_of(one) or 0, first)) for one in found]
    context = {"visitor": visitor, "found": rows}
    return PAGES.TemplateResponse(request, "bulk_list.html", context)


@router.get("/new")
def choose(app: AppDep, request: Request, visitor: Visiting) -> HTMLResponse:
    """Show what a filter, or what was picked on the list, would reach, and the form that starts it."""
    form = StartForm(request_key=new_id())
    try:
        form.selected = "yes" if "picks" in request.query_params else ""
        wanted = picked(request.query_params.multi_items())
        form.filter = of_company(wanted, request.state.shell.company).query
    except BadFilter as error:
        return choosing_page(app, request, visitor, form, Refusal(str(error), status_of(error), error.code))
    return choosing_page(app, request, visitor, form)


@router.post("")
def start(app: AppDep, request: Request, visitor: Visiting, form: Annotated[StartForm, Form()]) -> Response:
    """Start it: a bulk send for each company, since each has its own sender, clock and rate."""
    started: list[int] = []

    def do(session: Session, now: datetime) -> None:
        started.extend(begin(session, form, visitor.email, now))

    if refusal := act(app, visitor, form, do):
        return choosing_page(app, request, visitor, form, refusal)
    return RedirectResponse(f"/staff/bulk/{started[0]}" if len(started) == 1 else "/staff/bulk", 303)


@router.get("/{bulk_id}")
def show(app: AppDep, request: Request, visitor: Visiting, bulk_id: RowId) -> HTMLResponse:
    """Show where one stands."""
    return bulk_page(app, request, visitor, bulk_id)


@router.post("/{bulk_id}/failed-again")
def failed_again(
    app: AppDep, request: Request, visitor: Visiting, bulk_id: RowId, form: Annotated[AgainForm, Form()]
) -> Response:
    """Start one of those whose email failed in this one."""
    started: list[int] = []

    def do(session: Session, now: datetime) -> None:
        before = bulk.progress(session, bulk_id=bulk_id, now=now).bulk
        begun = bulk.start(
            session,
            selection=Selection(failed_of=bulk_id),
            actor=visitor.email,
            now=now,
            rate=before.rate,
            request_key=form.request_key,
        )
        started.append(begun.bulk_id)

    if refusal := act(app, visitor, form, do):
        return bulk_page(app, request, visitor, bulk_id, refusal)
    return RedirectResponse(f"/staff/bulk/{started[0]}", 303)


@router.post("/{bulk_id}/{verb}")
def move(
    app: AppDep,
    request: Request,
    visitor: Visiting,
    bulk_id: RowId,
    verb: Literal["pause", "resume", "cancel"],
    form: Annotated[StaffForm, Form()],
) -> Response:
    """Pause, resume or cancel one."""

    def do(session: Session, now: datetime) -> None:
        if bulk.progress(session, bulk_id=bulk_id, now=now).bulk.state is not _TARGETS[verb]:
            _move(session, verb, bulk_id, visitor.email, now)

    if refusal := act(app, visitor, form, do):
        return bulk_page(app, request, visitor, bulk_id, refusal)
    return flash.back_to(f"/staff/bulk/{bulk_id}", "cancel_batch" if verb == "cancel" else verb)


_TARGETS = {"pause": BulkState.PAUSED, "resume": BulkState.RUNNING, "cancel": BulkState.CANCELLED}


def _move(session: Session, verb: str, bulk_id: int, actor: str, now: datetime) -> None:
    match verb:
        case "pause":
            bulk.pause(session, bulk_id=bulk_id, actor=actor, now=now)
        case "resume":
            bulk.resume(session, bulk_id=bulk_id)
        case "cancel":
            bulk.cancel(session, bulk_id=bulk_id, actor=actor, now=now)
