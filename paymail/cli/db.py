"""`paymail db`: the schema."""

from datetime import timedelta
from enum import StrEnum
from typing import Annotated

import typer
from sqlalchemy import inspect

from paymail.cli.context import FAILURE, PARTIAL, exits, open_app, say
from paymail.db import run_locks, schema
from paymail.errors import Conflict
from paymail.models import Heartbeat, Restore
from paymail.services.core import restores
from paymail.services.outbox import heartbeats
from paymail.services.reconciliation.restored_backup import Outcome, reconcile_restored
from paymail.wiring import App

ALIVE = timedelta(seconds=30)
"""Workers note every 10 seconds that they live."""


RESTORED_LOCK = 7241870
"""Any number that nothing else locks."""


class WorkersRunning(Conflict):
    """Workers are running on the database that is to be upgraded."""

    code = "workers_running"


group = typer.Typer(help="The database schema.", no_args_is_help=True)


@group.command()
@exits
def upgrade(
    force: Annotated[bool, typer.Option("--force", help="Also while workers are running.")] = False,
) -> None:
    """Upgrade the schema to the latest revision; safe to repeat. Stop web, workers and beat first.

    While others hold a lock that it needs, it waits 3 seconds, lets them pass, and tries again. After ten
    tries it gives up with exit code 1 and nothing half done.
    """
    app = open_app(migrate=False)
    try:
        if not force and not schema.is_current(app.engine):
            _refuse_beside_workers(app)
        schema.upgrade(app.engine, tell=say)
    finally:
        app.close()
    typer.echo(f"database is at revision {schema.head()}")


def _refuse_beside_workers(app: App) -> None:
    """Workers would go on as before: writing rows in an old way, or mailing what a backup says is due."""
    if not inspect(app.engine).has_table(Heartbeat.__tablename__):
        return
    with app.reading() as session:
        alive = heartbeats.pulse(session, since=app.now() - ALIVE).alive
    if alive:
        raise WorkersRunning(
            f"{alive} worker process(es) were running within the last {ALIVE.seconds} seconds;"
            " stop web, workers and beat first"
        )


@group.command()
@exits
def check() -> None:
    """Exit with 0 if the schema is up to date, 1 if it is not."""
    app = open_app(migrate=False)
    current = schema.is_current(app.engine)
    app.close()
    typer.echo("up to date" if current else "out of date: run `paymail db upgrade`")
    raise typer.Exit(0 if current else FAILURE)


class Opening(StrEnum):
    """What can be opened again after a restore."""

    MAIL = "mail"
    PAYMENTS = "payments"


@group.command()
@exits
def restored(
    status: Annotated[bool, typer.Option("--status", help="Only show what is on hold.")] = False,
    opening: Annotated[
        Opening | None,
        typer.Option("--open", help="Open mail or payments again, once it has been reconciled."),
    ] = None,
    again: Annotated[
        bool,
        typer.Option("--again", help="The database was not restored again: only look at Stripe once more."),
    ] = False,
) -> None:
    """Tell paymail that the database was restored from a backup: run it before anything is started.

    Puts mail, payments and refunds on hold, records the payments and refunds that Stripe has and the backup
    does not, and marks emails that may have been sent since as unknown. Can be killed and run again; each run
    marks what is due by then. With --again, what was written since the last run is not doubted.
    Exit codes: 0 done, 4 done but paymail and Stripe differ, 1 Stripe could not be asked about every account.
    """
    app = open_app()
    try:
        if status or opening:
            _open(app, opening)
            _show(app)
            return
        with run_locks.alone(app.engine, name="db restored", key=RESTORED_LOCK):
            _run_restored(app, again)
    finally:
        app.close()


def _open(app: App, opening: Opening | None) -> None:
    with app.transaction() as session:
        if opening is Opening.MAIL:
            restores.open_mail(session, now=app.now())
        elif opening is Opening.PAYMENTS:
            restores.open_payments(session, now=app.now())


def _run_restored(app: App, again: bool) -> None:
    with app.reading() as session:
        held = restores.on_hold(session)
    if not held:
        _refuse_beside_workers(app)
    done = reconcile_restored(
        app.gateway_context(),
        live=app.live,
        again=again,
        progress=lambda account: typer.echo(f"asking {account}", err=True),
    )
    _show(app)
    _end(done)


def _end(done: Outcome) -> None:
    for account, reason in done.failures.items():
        typer.echo(f"paymail: {account} could not be checked: {reason}", err=True)
    if done.failures:
        typer.echo("paymail: nothing can be opened yet; run `paymail db restored` again", err=True)
        raise typer.Exit(FAILURE)
    if done.differences:
        typer.echo(f"{done.differences} difference(s) between paymail and Stripe: see `paymail reconcile`")
        raise typer.Exit(PARTIAL)


def _show(app: App) -> None:
    with app.reading() as session:
        found, held = restores.latest(session), restores.on_hold(session)
    typer.echo("no restore has been noted" if found is None else _described(found, held))


def _described(found: Restore, held: list[str]) -> str:
    ended = f"{found.reconciled_at:%Y-%m-%d %H:%M} UTC" if found.reconciled_at else "not yet"
    return (
        f"restore noted {found.restored_at:%Y-%m-%d %H:%M} UTC, reconciled with Stripe: {ended}\n"
        f"payments of intents made since the backup: {found.adopted}\n"
        f"emails marked as unknown: {found.doubtful}\n"
        f"on hold: {' and '.join(held) or 'nothing'}"
    )
