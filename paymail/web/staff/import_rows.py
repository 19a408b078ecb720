"""A row of a file to import that needs somebody: its cells are corrected, and the file is checked again."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Form, Path, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import AfterValidator, Field
from sqlalchemy.orm import Session

from paymail.errors import Conflict, InvalidInput, TooMany
from paymail.models import ImportFileState
from paymail.services.access import staff
from paymail.services.access.staff import Visitor
from paymail.services.core.contexts import Context
from paymail.services.imports.files import corrections, kept, work
from paymail.services.imports.files.given_rows import MOST_CELLS, GivenRow, given_row
from paymail.services.imports.files.reading import Reading
from paymail.web.http.dependencies import AppDep
from paymail.web.http.errors import status_of
from paymail.web.http.inputs import RowId, Text, plain
from paymail.web.staff import import_columns, import_jobs
from paymail.web.staff.form_actions import Refusal, StaffForm
from paymail.web.staff.pages import PAGES
from paymail.web.staff.session import Visiting
from paymail.wiring import App

router = APIRouter(prefix="/imports/files/{file_id}/rows")
Line = Annotated[int, Path(ge=1, le=2**31 - 1)]
TypedCell = Annotated[str, Field(max_length=corrections.LONGEST), AfterValidator(plain)]


class RowForm(StaffForm):
    """The cells that the page let change, with their places; `seen` is the seal of the row as shown."""

    seen: Text = ""
    place: list[Annotated[int, Field(ge=0, lt=MOST_CELLS)]] = Field(
        default_factory=list, max_length=MOST_CELLS
    )
    cell: list[TypedCell] = Field(default_factory=list, max_length=MOST_CELLS)


@router.get("/{line}")
def show(app: AppDep, request: Request, visitor: Visiting, file_id: RowId, line: Line) -> Response:
    """Show the cells of a row and what is wrong with them; a file that is imported leads to its import."""
    with app.reading() as session:
        file = kept.get(session, file_id=file_id, findings=False)
    if file.state is not ImportFileState.CHECKED:
        return RedirectResponse(f"/staff/imports/files/{file_id}", 303)
    return _page(app, request, visitor, file_id, given_row(_reading(app), file_id=file_id, line=line))


@router.post("/{line}")
def correct(
    app: AppDep,
    request: Request,
    visitor: Visiting,
    file_id: RowId,
    line: Line,
    form: Annotated[RowForm, Form()],
) -> Response:
    """Keep what counts instead of the row's cells, and check the file again with it."""
    staff.check_csrf(visitor, form.csrf)
    row = given_row(_reading(app), file_id=file_id, line=line)
    typed = dict(zip(form.place, form.cell, strict=False))
    wanted = {
        cell.place: typed[cell.place]
        for cell in row.cells
        if cell.place in typed and not cell.fixed and (cell.missing or typed[cell.place] != plain(cell.text))
    }
    if not wanted:
        return RedirectResponse(f"/staff/imports/files/{file_id}", 303)

    def begin(session: Session, now: datetime) -> import_jobs.Begun:
        file = kept.get(session, file_id=file_id, lock=True)
        job = work.begin_check(session, file_id=file_id, reading=Reading.of(file), now=now)
        corrections.correct(
            file,
            line=line,
            original=row.original,
            wanted=wanted,
            seen=form.seen,
            actor=visitor.email,
            now=now,
        )
        return file_id, job

    try:
        import_jobs.start(app, request, begin, work.check)
    except (InvalidInput, Conflict, TooMany) as error:
        refusal = Refusal(str(error), status_of(error), error.code)
        return _page(app, request, visitor, file_id, row, refusal, typed)
    return RedirectResponse(f"/staff/imports/files/{file_id}#need", 303)


def _reading(app: App) -> Context:
    return Context(app.reading, app.now)


def _page(
    app: App,
    request: Request,
    visitor: Visitor,
    file_id: int,
    row: GivenRow,
    refusal: Refusal | None = None,
    typed: dict[int, str] | None = None,
) -> HTMLResponse:
    with app.reading() as session:
        file = kept.get(session, file_id=file_id, findings=False)
    found = {
        "visitor": visitor, "refusal": refusal, "file": file, "row": row, "typed": typed or {},
        "label": import_columns.label, "for_page": import_columns.for_page, "longest": corrections.LONGEST,
    }  # fmt: skip
    return PAGES.TemplateResponse(request, "import_row.html", found, refusal.status if refusal else 200)
