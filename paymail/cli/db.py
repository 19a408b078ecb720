"""`paymail db`: the schema."""

from datetime import timedelta
from typing import Annotated

import typer
from sqlalchemy import inspect

from paymail.cli.context import FAILURE, exits, open_app
from paymail.db import schema
from paymail.errors import Conflict
from paymail.models import Heartbeat
from paymail.services.outbox import heartbeats
from paymail.wiring import App

ALIVE = timedelta(seconds=30)
"""Workers note every 10 seconds that they live."""


class WorkersRunning(Conflict):
    """Workers are running on the database that is to be upgraded."""

    code = "workers_running"


group = typer.Typer(help="The database schema.", no_args_is_help=True)


@group.command()
@exits
def upgrade(
    force: Annotated[bool, typer.Option("--force", help="Also while workers are running.")] = False,
) -> None:
    """Upgrade the schema to the latest revision; safe to repeat. Stop web, workers and beat first."""
    app = open_app(migrate=False)
    if not force and not schema.is_current(app.engine):
        _refuse_beside_workers(app)
    schema.upgrade(app.engine)
    app.close()
    typer.echo(f"database is at revision {schema.head()}")


def _refuse_beside_workers(app: App) -> None:
    """Workers of an earlier version would go on writing rows in the old way."""
    if not inspect(app.engine).has_table(Heartbeat.__tablename__):
        return
    with app.reading() as session:
        alive = heartbeats.pulse(session, since=app.now() - ALIVE).alive
    if alive:
        app.close()
        raise WorkersRunning(
            f"{alive} worker process(es) were running within the last {ALIVE.seconds} seconds;"
            " stop web, workers and beat, then upgrade (or use --force)"
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
