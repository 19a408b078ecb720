"""`paymail audit`: the audit log, as sentences, CSV or JSON."""

import json
import sys
from datetime import UTC, datetime, time
from typing import Annotated

import typer

from paymail.cli.context import exits, open_app
from paymail.services.access.audit import AuditFilter
from paymail.services.audit_log.lines import csv_lines, described, every_entry
from paymail.services.audit_log.phrases import TOPICS, Topic
from paymail.services.audit_log.sentences import Told
from paymail.services.core.issuers import find_issuer

group = typer.Typer(help="The audit log: who did what, and when.", no_args_is_help=True)


@group.command("list")
@exits
def list_(
    person: Annotated[str, typer.Option(help="Only of this person, key or user of the command line.")] = "",
    about: Annotated[Topic | None, typer.Option(help="Only acts about this.")] = None,
    issuer: Annotated[str, typer.Option(help="Only what concerns this issuer: id or name.")] = "",
    since: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="First day (UTC).")] = None,
    until: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Last day (UTC).")] = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV to stdout.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON value per line to stdout.")] = False,
) -> None:
    """List what people and programs did, newest first, with what was before and after."""
    if as_csv and as_json:
        raise typer.BadParameter("choose --csv or --json")
    app = open_app()
    with app.reading() as session:
        wanted = AuditFilter(
            who=person.strip(),
            acts=TOPICS[about].keys() if about else (),
            issuer_id=find_issuer(session, ref=issuer).issuer_id if issuer else None,
            since=since.replace(tzinfo=UTC) if since else None,
            until=datetime.combine(until, time.max, UTC) if until else None,
        )
        if as_csv:
            sys.stdout.writelines(csv_lines(session, wanted=wanted))
            return
        for one in every_entry(session, wanted=wanted):
            typer.echo(json.dumps(described(one), ensure_ascii=False) if as_json else _line(one))


def _line(one: Told) -> str:
    change = f": {one.was} → {one.becomes}" if one.was or one.becomes else ""
    told = f"{one.entry.who} {one.text}{change}"
    # A value of several lines could look like entries of its own.
    return f"{one.entry.at:%Y-%m-%d %H:%M:%S}  {' '.join(told.split())}"
