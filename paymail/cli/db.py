"""`paymail db`: the schema."""

import typer

from paymail.cli.context import FAILURE, exits, open_app
from paymail.db import schema

group = typer.Typer(help="The database schema.", no_args_is_help=True)


@group.command()
@exits
def upgrade() -> None:
    """Bring the schema to the newest revision; safe to repeat."""
    app = open_app(migrate=False)
    schema.upgrade(app.engine)
    typer.echo(f"database is at revision {schema.head()}")


@group.command()
@exits
def check() -> None:
    """Exit 0 when the schema is the newest, 1 when it is not."""
    app = open_app(migrate=False)
    current = schema.is_current(app.engine)
    typer.echo("current" if current else "not current: run `paymail db upgrade`")
    raise typer.Exit(0 if current else FAILURE)
