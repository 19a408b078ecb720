"""A file that was given to import: looked at, read in another way, confirmed, or removed."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import Field
from sqlalchemy.orm import Session

from paymail.errors import Conflict, InvalidInput, TooMany
from paymail.models import ImportFileState
from paymail.services.access import staff
from paymail.services.access.staff import Visitor
from paymail.services.core.contexts import Context
from paymail.services.imports import saved_profiles
from paymail.services.imports.files import kept, work
from paymail.services.imports.files.faulty_rows import faulty_csv
from paymail.services.imports.files.findings import Findings
from paymail.services.imports.files.reading import (
    THIS_FILE,
    BadReading,
    Meaning,
    Reading,
    definition_before,
    mapped,
)
from paymail.services.imports.files.work import Work
from paymail.web.http.dependencies import AppDep
from paymail.web.http.errors import status_of
from paymail.web.http.inputs import PageNumber, RowId
from paymail.web.staff import flash, import_jobs
from paymail.web.staff.form_actions import Refusal, StaffForm, Text, act
from paymail.web.staff.import_columns import SEPARATOR_NAMES
from paymail.web.staff.import_view import Asked, file_page
from paymail.web.staff.session import Visiting
from paymail.wiring import App

router = APIRouter(prefix="/imports/files")
FormOfFile = Annotated[StaffForm, Form()]


class ConfirmForm(StaffForm):
    """Import what the page showed; `leave_out` says that what needs somebody may stay out."""

    shown: Text = ""
    leave_out: Text = ""


class ReadForm(StaffForm):
    """How the file is to be read; `means` stands for each column of the page, in their order."""

    encoding: Text = ""
    separator: Text = ""
    decimal_mark: Text = ""
    dates: Text = ""
    profile: Text = ""
    currency: Text = ""
    owed: Text = ""
    means: list[Text] = Field(default_factory=list, max_length=500)
    save_as: Text = ""
    replace: Text = ""


class NotTicked(InvalidInput):
    """Something would stay out, and nobody said that it may."""

    code = "not_ticked"


@router.get("/{file_id}")
def show(
    app: AppDep,
    request: Request,
    visitor: Visiting,
    file_id: RowId,
    show: Annotated[Literal["", "new", "changed", "left-out", "kept"], Query()] = "",
    page: PageNumber = 1,
) -> Response:
    """Show where it stands; one that is imported leads to its import."""
    with app.reading() as session:
        became = kept.import_of(session, file_id=file_id)
    if became is not None:
        return RedirectResponse(f"/staff/imports/{became}", 303)
    return file_page(app, request, visitor, file_id, Asked(show, page))


@router.post("/{file_id}")
def confirm(
    app: AppDep, request: Request, visitor: Visiting, file_id: RowId, form: Annotated[ConfirmForm, Form()]
) -> Response:
    """Import what the page showed, once however often it is pressed; what was changed is shown again."""

    def begin(session: Session, now: datetime) -> import_jobs.Begun:
        row = kept.get(session, file_id=file_id)
        if row.state is ImportFileState.CHECKED and Findings.of(row.findings).left_out and not form.leave_out:
            raise NotTicked("tick “Leave out”, or correct the file and choose it again")
        job = work.begin_import(session, file_id=file_id, shown=form.shown, actor=visitor.email, now=now)
        return (file_id, job) if job else None

    return started(app, request, visitor, form, file_id, begin, work.import_confirmed)


@router.post("/{file_id}/read")
def read_again(
    app: AppDep, request: Request, visitor: Visiting, file_id: RowId, form: Annotated[ReadForm, Form()]
) -> Response:
    """Check it anew, read as the form says; a mapping may be saved for the next file."""

    def begin(session: Session, now: datetime) -> import_jobs.Begun:
        reading = _reading(session, file_id, form, now)
        return file_id, work.begin_check(session, file_id=file_id, reading=reading, now=now)

    return started(app, request, visitor, form, file_id, begin, work.check)


@router.post("/{file_id}/remove")
def remove(app: AppDep, request: Request, visitor: Visiting, file_id: RowId, form: FormOfFile) -> Response:
    """Erase it."""
    refusal = act(app, visitor, form, lambda session, now: kept.discard(session, file_id=file_id, now=now))
    if refusal:
        return file_page(app, request, visitor, file_id, refusal=refusal)
    return flash.back_to("/staff/imports", "file_gone")


@router.get("/{file_id}/left-out.csv")
def left_out(app: AppDep, _visitor: Visiting, file_id: RowId) -> Response:
    """Give the rows of what stays out, each with its reason, to be corrected and imported by themselves."""
    text = faulty_csv(Context(app.reading, app.now), file_id=file_id)
    head = {"Content-Disposition": 'attachment; filename="left-out.csv"'}
    # With the mark by which Excel reads it as UTF-8.
    return Response(text.encode("utf-8-sig"), media_type="text/csv; charset=utf-8", headers=head)


def started(
    app: App,
    request: Request,
    visitor: Visitor,
    form: StaffForm,
    file_id: int,
    begin: Callable[[Session, datetime], import_jobs.Begun],
    do: Callable[[Work], None],
) -> Response:
    """Begin a run on a file and lead to its page, or show why not."""
    staff.check_csrf(visitor, form.csrf)
    try:
        import_jobs.start(app, request, begin, do)
    except (InvalidInput, Conflict, TooMany) as error:
        return file_page(
            app, request, visitor, file_id, refusal=Refusal(str(error), status_of(error), error.code)
        )
    return RedirectResponse(f"/staff/imports/files/{file_id}", 303)


def _reading(session: Session, file_id: int, form: ReadForm, now: datetime) -> Reading:
    """Return what the form says. Raises BadReading, BadProfile, TooManyProfiles."""
    row = kept.get(session, file_id=file_id)
    before, found = Reading.of(row), Findings.of(row.findings)
    if form.separator and form.separator not in SEPARATOR_NAMES:
        raise BadReading("what you chose for reading the file is not one of the choices")
    reading = replace(
        before,
        encoding=form.encoding,
        separator=SEPARATOR_NAMES.get(form.separator, ""),
        decimal_mark=form.decimal_mark,
        dates=form.dates,
        currency=form.currency.upper(),
        profile=form.profile,
        definition=before.definition if form.profile == before.profile else {},
    )
    meanings = [
        Meaning(column.name, chosen, column.means, column.whole)
        for column, chosen in zip(found.columns, form.means, strict=False)
    ]
    changed = any(one.chosen != one.before for one in meanings) or bool(form.owed) != before.owed
    if form.profile == before.profile and changed:
        if found.more_columns:
            raise BadReading(
                f"the file has {found.more_columns + len(found.columns)} columns, and what they mean can be"
                f" chosen for {len(found.columns)}: delete those not needed and choose the file again"
            )
        known = definition_before(session, found.profile, before)
        definition = mapped(known, meanings, owed=bool(form.owed))
        reading = replace(reading, profile=THIS_FILE, definition=definition)
    if form.save_as:
        _save(session, row.issuer_id, form, reading, now)
        reading = replace(reading, profile=form.save_as)
    return reading


def _save(session: Session, issuer_id: int, form: ReadForm, reading: Reading, now: datetime) -> None:
    name = form.save_as
    if reading.profile != THIS_FILE:
        raise BadReading("there is nothing to remember: no column means something else than was found out")
    saved = {one.name: one.issuer_id for one in saved_profiles.listed(session)}
    if name == THIS_FILE or saved.get(name, issuer_id) != issuer_id:
        raise BadReading(f"{name[:40]!r} is taken; choose another name for the mapping")
    if name in saved and not form.replace:
        raise BadReading(
            f"there is a mapping {name[:40]!r} already: tick “Replace the one of this name”, or choose"
            " another name"
        )
    definition = {
        **reading.definition,
        **({"date_format": reading.dates} if reading.dates else {}),
        **({"decimal_mark": reading.decimal_mark} if reading.decimal_mark else {}),
    }
    saved_profiles.save(session, name=name, definition=definition, issuer_id=issuer_id, now=now)
