"""`paymail sync`: invoices from your system's own database, and where their money stands back to it."""

import json
import signal
from collections.abc import Callable
from dataclasses import asdict
from datetime import timedelta
from types import FrameType
from typing import Annotated

import typer

from paymail import observability
from paymail.cli import parent_watch
from paymail.cli.context import PARTIAL, exits, open_app
from paymail.cli.options import Json
from paymail.cli.sync_report import difference_lines, outcome_lines, state_lines
from paymail.db import run_locks
from paymail.errors import Misconfigured
from paymail.ports.host_database import HostUnavailable
from paymail.services import sync as host_sync
from paymail.services.core.issuers import find_issuer
from paymail.services.sync import Outcome, SyncContext, state, syncs
from paymail.wiring import App

RUN_LOCK = 0x7061796D53594E43
"""The issuer's id is added: two views can be followed side by side."""
group = typer.Typer(help="Sync with your system's own database.", invoke_without_command=True)
log = observability.logger(__name__)


@group.callback()
@exits
def sync(
    context: typer.Context,
    accept: Annotated[
        bool, typer.Option("--accept", help="Write the first difference of this database; needed once.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would change, without writing anything.")
    ] = False,
    tell_again: Annotated[
        bool,
        typer.Option(
            "--tell-again", help="Send every update again, for example after your system was restored."
        ),
    ] = False,
    follow: Annotated[
        bool, typer.Option("--follow", help="Keep running, every PAYMAIL_HOST_SYNC_SECONDS, until SIGTERM.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Take in what has changed in your system's database, and tell it of payments.

    Until --accept was given once, it only shows the difference. Exit codes: 0 done, 4 invoices were refused.
    """
    if context.invoked_subcommand is not None:
        return
    if dry_run and (accept or tell_again or follow):
        raise typer.BadParameter("--dry-run goes with none of --accept, --tell-again and --follow")
    parent_watch.hold_on()
    app = open_app()
    given = context_of(app)
    if dry_run or not (accept or _accepted(given)):
        if follow or tell_again:
            raise host_sync.NotAccepted("look at the difference first: run `paymail sync`, then --accept")
        _preview(given, as_json=as_json)
        return
    with run_locks.alone(app.engine, name="sync", key=RUN_LOCK + given.issuer_id):
        if accept:
            host_sync.accept(given)
        if tell_again:
            host_sync.tell_again(given)
        stopped = _until_sigterm()
        if follow:
            _follow(app, given, stopped)
        else:
            _tell(host_sync.run(given, stopped=stopped), as_json=as_json)


@group.command()
@exits
def status(as_json: Json = False) -> None:
    """Show how far the view was read, which invoices were refused, and what your system did not take."""
    app = open_app()
    given = context_of(app)
    with given.reading() as session:
        found = state.of(session, given)
    typer.echo(json.dumps(state.shown(found)) if as_json else "\n".join(state_lines(found)))


def context_of(app: App) -> SyncContext:
    """Return what sync is given by the settings. Raises Misconfigured without a host's database."""
    host = app.host_database()
    if host is None:
        raise Misconfigured("set PAYMAIL_HOST_DATABASE_URL to your system's PostgreSQL database")
    with app.reading() as session:
        issuer = find_issuer(session, ref=app.settings.host_issuer)
        return SyncContext(
            transaction=app.transaction,
            now=app.now,
            reading=app.reading,
            host=host,
            issuer_id=issuer.issuer_id,
            zone=issuer.timezone,
            overlap=timedelta(minutes=app.settings.host_overlap_minutes),
        )


def _accepted(given: SyncContext) -> bool:
    with given.reading() as session:
        return syncs.find(session, given) is not None


def _preview(given: SyncContext, *, as_json: bool) -> None:
    found = host_sync.preview(given)
    if as_json:
        typer.echo(json.dumps({"written": False, **asdict(found)}))
    else:
        _say(found)
        typer.echo("\n".join(difference_lines(found, given.host.source, first=not _accepted(given))))
    _leave(found)


def _tell(found: Outcome, *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps({"written": True, **asdict(found)}))
    else:
        _say(found)
    _leave(found)


def _say(found: Outcome) -> None:
    said, faults = outcome_lines(found)
    for line in faults:
        typer.echo(line, err=True)
    for line in said:
        typer.echo(line)


def _leave(found: Outcome) -> None:
    if found.refused or found.untold:
        raise typer.Exit(PARTIAL)


def _until_sigterm() -> Callable[[], bool]:
    """Return what says whether somebody asked the process to end: it then ends between two pages."""
    asked: list[int] = []

    def note(number: int, _frame: FrameType | None) -> None:
        asked.append(number)

    signal.signal(signal.SIGTERM, note)
    signal.signal(signal.SIGINT, note)
    return lambda: bool(asked)


def _follow(app: App, given: SyncContext, stopped: Callable[[], bool]) -> None:
    """Run again and again. A host that does not answer is asked again; what cannot work ends it."""
    typer.echo(f"following {given.host.source}", err=True)
    while not stopped():
        try:
            found = host_sync.run(given, stopped=stopped)
        except HostUnavailable as error:
            log.warning("sync failed", reason=str(error))
        else:
            if found.created or found.updated or found.told or found.untold:
                log.info("synced", **_counts(found))
        if not stopped():
            given.host.wait(app.settings.host_sync_seconds, stopped)


def _counts(found: Outcome) -> dict[str, int]:
    return {
        "created": found.created,
        "updated": found.updated,
        "refused": found.refused,
        "told": found.told,
        "untold": len(found.untold),
    }
