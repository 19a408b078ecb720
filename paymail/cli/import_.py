"""`paymail import`: a host system's export, one CSV row per line item."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, BinaryIO, NoReturn
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.progress import Progress

from paymail.cli.context import FAILURE, PARTIAL, USAGE, exits, open_app
from paymail.cli.sample_data import sample_issuer
from paymail.observability import one_line
from paymail.services.core.contexts import Context
from paymail.services.core.issuers import NoSuchIssuer, find_issuer
from paymail.services.imports import (
    Fault,
    Format,
    ImportRefused,
    Report,
    Result,
    import_invoices,
    open_host_file,
)
from paymail.services.imports.fields import date_pattern
from paymail.services.imports.numbers import DecimalMark
from paymail.services.imports.saved_profiles import profiles_for
from paymail.wiring import App

MOST_UPDATED = 100
"""Invoices that are listed with what was taken over."""


@exits
def import_(
    path: Annotated[Path, typer.Argument(help="The CSV file.")],
    issuer: Annotated[str, typer.Option(help="Issuer id or name; not needed if there is only one.")] = "",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would happen, without importing anything.")
    ] = False,
    all_or_nothing: Annotated[
        bool, typer.Option("--all-or-nothing", help="Import nothing if any invoice of the file is invalid.")
    ] = False,
    decimal_mark: Annotated[
        DecimalMark | None, typer.Option(help="What stands before the decimals; found out if not given.")
    ] = None,
    date_format: Annotated[
        str, typer.Option(help="How dates are written, such as DD/MM/YYYY, if not YYYY-MM-DD.")
    ] = "",
    profile: Annotated[
        str, typer.Option(help="How the file's columns are read, such as xero; found out if not given.")
    ] = "",
    currency: Annotated[
        str, typer.Option(help="Of all amounts, such as AUD, if another system's file does not name one.")
    ] = "",
    skip_bad: Annotated[bool, typer.Option("--skip-bad", hidden=True)] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON value to stdout.")] = False,
) -> None:
    """Import invoices; invalid ones are named and left out. Repeatable: known invoices are compared."""
    app = open_app()
    del skip_bad  # what it asked for is what happens now
    try:
        dates = date_pattern(date_format) if date_format else ""
        with _opened(path) as file, _progress() as progress:
            issuer_id, zone = _issuer(app, issuer, dry_run=dry_run)
            given = Format(decimal_mark, dates, zone)
            with app.reading() as session:
                profiles = profiles_for(session, issuer_id=issuer_id, asked=profile, currency=currency)
            host_file = open_host_file(file, given, profiles, lambda rows: progress(rows, None))
            report = import_invoices(
                Context(app.reading if dry_run else app.transaction, app.now),
                source=host_file,
                issuer_id=issuer_id,
                actor="import",
                all_or_nothing=all_or_nothing,
                dry_run=dry_run,
                progress=progress,
                source_name=path.name,
            )
    except ImportRefused as refused:
        _refuse(refused, as_json)
    _tell(report, dry_run=dry_run, as_json=as_json)
    if report.faults:
        raise typer.Exit(PARTIAL)


def _issuer(app: App, ref: str, *, dry_run: bool) -> tuple[int, ZoneInfo | None]:
    """Return id and time zone of the issuer that was named.

    With the sandbox the first import makes the sample issuer; a dry run has none then, and id 0.
    """
    with app.reading() as session:
        try:
            found = find_issuer(session, ref=ref)
            return found.issuer_id, ZoneInfo(found.timezone)
        except NoSuchIssuer:
            if ref or not app.settings.sandboxed:
                raise
    if dry_run:
        return 0, None
    with app.transaction() as session:
        made = sample_issuer(session, now=app.now())
        return made.issuer_id, ZoneInfo(made.timezone)


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    try:
        file = path.open("rb")
    except OSError as error:
        typer.echo(f"paymail: cannot read {one_line(str(path))}: {error.strerror}", err=True)
        raise typer.Exit(USAGE) from error
    with file:
        yield file


@contextmanager
def _progress() -> Iterator[Callable[[int, int | None], None]]:
    """Lend what shows how far the import is: the rows that were looked at, then the invoices of so many."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda _done, _of: None
        return
    with Progress(console=console) as bar:
        task = bar.add_task("Reading", total=None)

        def show(done: int, of: int | None) -> None:
            what = f"Reading: {done:,} rows" if of is None else "Importing"
            bar.update(task, completed=0 if of is None else done, total=of, description=what)

        yield show


def _refuse(refused: ImportRefused, as_json: bool) -> NoReturn:
    if as_json:
        faults = [asdict(fault) for fault in refused.faults]
        typer.echo(json.dumps({"imported": False, "faults": faults}))
    else:
        _list(refused.faults)
        typer.echo(f"paymail: {refused}", err=True)
    raise typer.Exit(FAILURE)


def _list(faults: tuple[Fault, ...]) -> None:
    for fault in faults:
        column = f", column {fault.column}" if fault.column else ""
        print(f"line {fault.line}{column}: {fault.reason}", file=sys.stderr)


def _tell(report: Report, *, dry_run: bool, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps({"imported": not dry_run, **asdict(report)}))
        return
    _list(report.faults)
    for note in report.notes:
        typer.echo(f"note: {note}", err=True)
    for kept in report.kept:
        typer.echo(f"note: line {kept.line}: {kept.reason}", err=True)
    _list_updated([result for result in report.results if result.what == "updated"], report.updated)
    if not (report.created or report.updated or report.skipped):
        typer.echo(
            f"nothing to change: {report.invoices} invoices ({report.rows} rows) have already been imported"
        )
        return
    verb = "would import" if dry_run else "imported"
    typer.echo(
        f"{verb} {report.created} of {report.invoices} invoices ({report.rows} rows):"
        f" {report.updated} updated, {report.unchanged} unchanged, {report.skipped} skipped"
        + (f"; this is import {report.import_id}" if report.import_id else "")
    )


def _list_updated(updated: list[Result], count: int) -> None:
    for result in updated[:MOST_UPDATED]:
        typer.echo(f"line {result.line}: invoice {result.number} updated: {', '.join(result.fields)}")
    if count > MOST_UPDATED:
        typer.echo(f"and {count - MOST_UPDATED:,} more; --json lists them")
