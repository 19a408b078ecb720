"""`paymail db`: the schema."""

import typer

from paymail.cli.context import FAILURE, exits, open_app
from paymail.db import schema

group = typer.Typer(help="The database schema.", no_args_is_help=True)


@group.command()
@exits
def upgrade() -> None:
    """Upgrade the schema to the latest revision; safe to repeat."""
    app = open_app(migrate=False)
    schema.upgrade(app.engine)
    typer.echo(f"database is at revision {schema.head()}")


@group.command()
@exits
def check() -> None:
    """Exit with 0 if the schema is up to date, 1 if it is not."""
    app = open_app(migrate=False)
    current = schema.is_current(app.engine)
    typer.echo("up to date" if current else "out of date: run `paymail db upgrade`")
    raise typer.Exit(0 if current else FAILURE)
