"""`paymail imports`: what each import brought, sending it, and taking it back."""

import json
from collections.abc import Iterator
from typing import Annotated

import typer

from paymail.cli import bulk as bulk_commands
from paymail.cli.context import exits, open_app
from paymail.cli.options import At, Json, Yes
from paymail.cli.output import said, sure
from paymail.observability import one_line
from paymail.services.core.issuers import find_issuer
from paymail.services.imports import import_emails, take_back
from paymail.services.lists import cursor, imports
from paymail.services.outbox.gates import rate_of
from paymail.services.sending import bulk
from paymail.web.schemas.imports import Change, ImportDetail, ImportRow

group = typer.Typer(help="Imports: what each brought, sending it, and taking it back.", no_args_is_help=True)
AT_ONCE = 50
Number = Annotated[int, typer.Argument(min=1, metavar="IMPORT", help="Number of the import.")]


@group.command("list")
@exits
def list_(
    issuer: Annotated[str, typer.Option(help="Only this issuer's: id or name.")] = "",
    after: Annotated[
        int | None, typer.Option(min=1, help="Only older imports than this one, for the next page.")
    ] = None,
    as_json: Json = False,
) -> None:
    """List imports that changed or refused something, newest first, 50 a page."""
    app = open_app()
    with app.reading() as session:
        issuer_id = find_issuer(session, ref=issuer).issuer_id if issuer else None
        found = cursor.imports(session, issuer_id=issuer_id, limit=AT_ONCE, after=after)
        rows = [ImportRow.of(one) for one in found.rows]
    if as_json:
        typer.echo(json.dumps([row.model_dump(mode="json") for row in rows], ensure_ascii=False))
        return
    for row in rows:
        typer.echo(_line(row))
    if found.next is not None:
        typer.echo(f"there are older ones: --after {found.next}", err=True)


@group.command()
@exits
def show(import_id: Number, as_json: Json = False) -> None:
    """Show what an import changed and refused, and what has been emailed and paid since."""
    app = open_app()
    with app.reading() as session:
        found = ImportDetail.of_view(imports.view(session, import_id=import_id))
    if as_json:
        typer.echo(json.dumps(found.model_dump(mode="json"), ensure_ascii=False))
        return
    typer.echo(_line(found))
    for line in _details(found):
        typer.echo(line)


@group.command()
@exits
def send(
    import_id: Number,
    at: At = "",
    rate: Annotated[str, typer.Option(help="Emails per minute, or a preset (office365, ses).")] = "",
    as_json: Json = False,
) -> None:
    """Email the unpaid invoices that an import created and that have not been emailed yet."""
    app = open_app()
    with app.transaction() as session:
        begun = import_emails.send(
            session, import_id=import_id, actor="cli", now=app.now(), at=at, rate=rate_of(rate)
        )
    bulk.expand_all(app.context())
    bulk_commands.show(begun.bulk_id, as_json=as_json)


@group.command("take-back")
@exits
def take_back_(import_id: Number, yes: Yes = False, as_json: Json = False) -> None:
    """Undo an import, as long as nothing of it has been emailed, paid or changed."""
    app = open_app()
    with app.reading() as session:
        found = imports.get(session, import_id=import_id)
    what = f"remove the {found.created} invoices that import {import_id} created"
    sure(f"Really {what}, and undo its {found.updated} updates?", yes)
    taken = ImportRow.of(take_back(app.context(), import_id=import_id, actor="cli"))
    said(taken.model_dump(mode="json"), _line(taken), as_json)


def _line(row: ImportRow) -> str:
    source = f" from {row.source}" if row.source else ""
    end = {
        "finished": "",
        "unfinished": ", not finished: running or interrupted",
        "taken_back": f", taken back by {row.taken_back_by}",
    }[row.state]
    counts = f"{row.created} new, {row.updated} updated, {row.unchanged} unchanged, {row.refused} refused"
    who = f"import {row.import_id}{source}, {row.started_at:%Y-%m-%d %H:%M} UTC by {row.actor}"
    return one_line(f"{who}: {counts}{end}")


def _details(found: ImportDetail) -> Iterator[str]:
    yield f"since then: {found.emailed} emailed, {found.paid} paid"
    for change in found.changes:
        yield from _changed(change)
    if found.more_changes:
        yield f"and {found.more_changes:,} more changes"
    for fault in found.faults:
        column = f", column {fault.field}" if fault.field else ""
        yield one_line(f"refused: line {fault.line}{column}: {fault.reason}")
    if found.more_faults:
        yield f"and {found.more_faults:,} more faults"


def _changed(change: Change) -> Iterator[str]:
    what = f"invoice {change.number}" if change.number else f"customer {change.customer_id}"
    for one in change.fields:
        before, after = one.before or "(none)", one.after or "(none)"
        yield one_line(f"changed: {what}, {one.field}: {before} -> {after}")
