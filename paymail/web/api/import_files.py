"""Imports: a host's file of invoices, or a line of JSON for each."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from tempfile import TemporaryFile
from typing import Annotated, BinaryIO
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from paymail.services.core.contexts import Context
from paymail.services.core.issuers import find_issuer
from paymail.services.imports import Format, ImportRefused, Source, import_invoices, open_host_file
from paymail.services.imports.fields import date_pattern
from paymail.services.imports.given import GivenLines
from paymail.services.imports.numbers import DecimalMark
from paymail.services.imports.saved_profiles import profiles_for
from paymail.web.api.access import Writer
from paymail.web.http.bounded_threads import Busy
from paymail.web.http.dependencies import AppDep
from paymail.web.http.errors import problem
from paymail.web.http.inputs import OptionalRowId, Text
from paymail.web.http.openapi import problems
from paymail.web.http.rate_limits import rate_limits
from paymail.web.schemas.import_files import ImportReport, fault_of, parse_line
from paymail.wiring import App

router = APIRouter(prefix="/api/v1/imports", tags=["imports"])

CSV, NDJSON = "text/csv", "application/x-ndjson"
_FILE = {"schema": {"type": "string", "format": "binary"}}
_BODY = {"content": {CSV: _FILE, NDJSON: _FILE}, "required": True}
_PROBLEMS = problems(401, 403, 404, 408, 413, 415, 422, 429, 503)


Reader = Callable[[BinaryIO, App, int, ZoneInfo], Source]
"""Reads a file of an issuer, whose time zone it is given."""


def csv_reader(
    decimal_mark: Annotated[
        DecimalMark | None, Query(description="Of a CSV file; found out if not given.")
    ] = None,
    date_format: Annotated[
        Text, Query(max_length=20, description="Of a CSV file, such as DD/MM/YYYY, if not YYYY-MM-DD.")
    ] = "",
    profile: Annotated[
        Text, Query(max_length=40, description="How a CSV file's columns are read; found out if not given.")
    ] = "",
    currency: Annotated[
        Text, Query(max_length=3, description="Of a CSV file of another system that names none.")
    ] = "",
) -> Reader:
    """Return how a CSV file is to be read."""
    dates = date_pattern(date_format) if date_format else ""

    def read(file: BinaryIO, app: App, issuer_id: int, zone: ZoneInfo) -> Source:
        with app.reading() as session:
            profiles = profiles_for(session, issuer_id=issuer_id, asked=profile, currency=currency)
        return open_host_file(file, Format(decimal_mark, dates, zone), profiles)

    return read


def _read_lines(file: BinaryIO, app: App, issuer_id: int, _zone: ZoneInfo) -> Source:
    return GivenLines(Context(app.reading, app.now), file, parse=parse_line, issuer_id=issuer_id)


@router.post("", responses=_PROBLEMS, response_model=ImportReport, openapi_extra={"requestBody": _BODY})
async def post_import(
    app: AppDep,
    holder: Writer,
    request: Request,
    read_csv: Annotated[Reader, Depends(csv_reader)],
    issuer: OptionalRowId = None,
    dry_run: Annotated[bool, Query(description="Only say what would happen.")] = False,
    all_or_nothing: Annotated[
        bool, Query(description="Import nothing if any invoice is refused: 422 with every fault.")
    ] = False,
) -> ImportReport | Response:
    """Import a CSV file, or NDJSON: in each line an invoice as `PUT` has it, with `external_ref`. What is
    refused is named and left out, and the same request again changes nothing. Scope: write."""
    pointed = _is_ndjson(request)
    read = _read_lines if pointed else read_csv

    def work(file: BinaryIO) -> ImportReport:
        issuer_id, zone = _issuer(app, issuer)
        report = import_invoices(
            Context(app.reading if dry_run else app.transaction, app.now),
            source=read(file, app, issuer_id, zone),
            issuer_id=issuer_id,
            actor=holder.actor,
            all_or_nothing=all_or_nothing,
            dry_run=dry_run,
            source_name="api",
        )
        return ImportReport.of(report, dry_run=dry_run, pointed=pointed)

    with _place(request), TemporaryFile() as file:
        await _receive(request, file)
        try:
            return await run_in_threadpool(work, file)
        except ImportRefused as refused:
            faults = [fault_of(one, pointed=pointed) for one in refused.faults]
            return problem(request, 422, refused.code, str(refused), faults=faults)


def _is_ndjson(request: Request) -> bool:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in (CSV, NDJSON):
        raise HTTPException(415, f"send the file as {CSV} or {NDJSON}")
    return kind == NDJSON


def _issuer(app: App, issuer: int | None) -> tuple[int, ZoneInfo]:
    with app.reading() as session:
        found = find_issuer(session, ref=str(issuer or ""))
        return found.issuer_id, ZoneInfo(found.timezone)


@contextmanager
def _place(request: Request) -> Iterator[None]:
    """Keep one of the few places for imports, before anything of the file is taken in. Raises Busy."""
    places = rate_limits(request).importing
    if not places.acquire(blocking=False):
        raise Busy("other imports are running; please try again in a minute", 60)
    try:
        yield
    finally:
        places.release()


async def _receive(request: Request, file: BinaryIO) -> None:
    write: Callable[[bytes], int] = file.write
    async for chunk in request.stream():
        await run_in_threadpool(write, chunk)
