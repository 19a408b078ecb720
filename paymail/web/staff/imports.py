"""Imports: giving a file, what each import of before did, and taking one back."""

from datetime import datetime
from typing import BinaryIO

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile

from paymail.errors import Conflict, InvalidInput, NotFound, TooMany
from paymail.services.access import staff
from paymail.services.access.staff import Visitor
from paymail.services.core.issuers import find_issuer
from paymail.services.imports import take_back
from paymail.services.imports.files import kept, work
from paymail.web.http.dependencies import AppDep
from paymail.web.http.errors import status_of
from paymail.web.http.inputs import After, RowId
from paymail.web.staff import import_jobs
from paymail.web.staff.form_actions import Refusal
from paymail.web.staff.import_files import FormOfFile
from paymail.web.staff.import_view import import_page, list_page, take_back_page
from paymail.web.staff.session import Visiting
from paymail.wiring import App

router = APIRouter(prefix="/imports")
MOST_FIELDS = 5
"""Of the form that gives a file, beside the file."""


@router.get("")
def imports(app: AppDep, request: Request, visitor: Visiting, after: After = None) -> HTMLResponse:
    """Show the form that takes a file, the files that wait, and the imports of before."""
    return list_page(app, request, visitor, after)


@router.post("")
async def give(app: AppDep, request: Request, visitor: Visiting) -> Response:
    """Take a file and check it: nothing is imported. The session was checked before the file is read."""
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        # Not read: any other form of this size would be kept in memory whole.
        refusal = Refusal("choose a file first", 422)
        return await run_in_threadpool(list_page, app, request, visitor, refusal=refusal)
    try:
        import_jobs.refuse_busy(request)
    except TooMany as error:
        refusal = Refusal(str(error), status_of(error), error.code)
        return await run_in_threadpool(list_page, app, request, visitor, refusal=refusal)
    async with request.form(max_files=1, max_fields=MOST_FIELDS) as form:
        return await run_in_threadpool(_take, app, request, visitor, form)


def _take(app: App, request: Request, visitor: Visitor, form: FormData) -> Response:
    staff.check_csrf(visitor, _text(form, "csrf"))
    given, issuer = form.get("file"), _text(form, "issuer")
    file = given.file if isinstance(given, UploadFile) and given.filename else None
    name = given.filename or "" if isinstance(given, UploadFile) else ""
    taken: list[int] = []

    def begin(session: Session, now: datetime) -> import_jobs.Begun:
        found = _kept(session, app, file, name, issuer, visitor.email, now)
        taken.append(found[0])
        return found

    try:
        import_jobs.start(app, request, begin, work.check)
    except (InvalidInput, Conflict, NotFound, TooMany) as error:
        refusal = Refusal(str(error), status_of(error), error.code)
        return list_page(app, request, visitor, issuer=issuer, refusal=refusal)
    return RedirectResponse(f"/staff/imports/files/{taken[0]}", 303)


def _kept(
    session: Session,
    app: App,
    file: BinaryIO | None,
    name: str,
    issuer: str,
    actor: str,
    now: datetime,
) -> tuple[int, str]:
    """Keep what was given; return the file and the run that checks it."""
    if file is None:
        raise kept.UnusableFile("choose a file first")
    if not (issuer == "" or (issuer.isascii() and issuer.isdecimal() and len(issuer) < 19)):
        raise kept.UnusableFile("choose the company whose invoices these are")
    made = kept.keep(
        session,
        file=file,
        name=name,
        issuer_id=find_issuer(session, ref=issuer).issuer_id,
        actor=actor,
        now=now,
        largest=app.settings.import_megabytes << 20,
    )
    return made.file_id, made.job


def _text(form: FormData, name: str) -> str:
    value = form.get(name)
    return value if isinstance(value, str) else ""


@router.get("/{import_id}")
def show(app: AppDep, request: Request, visitor: Visiting, import_id: RowId) -> HTMLResponse:
    """Show what an import did, and what has become of it since."""
    return import_page(app, request, visitor, import_id)


@router.get("/{import_id}/take-back")
def ask(app: AppDep, request: Request, visitor: Visiting, import_id: RowId) -> HTMLResponse:
    """Show what taking it back means. Nothing is done."""
    return take_back_page(app, request, visitor, import_id)


@router.post("/{import_id}/take-back")
def undo(app: AppDep, request: Request, visitor: Visiting, import_id: RowId, form: FormOfFile) -> Response:
    """Take it back: all that it made and changed, or nothing of it."""
    staff.check_csrf(visitor, form.csrf)
    try:
        take_back(app.context(), import_id=import_id, actor=visitor.email)
    except Conflict as error:
        refusal = Refusal(str(error), status_of(error), error.code)
        return take_back_page(app, request, visitor, import_id, refusal)
    return RedirectResponse(f"/staff/imports/{import_id}", 303)
