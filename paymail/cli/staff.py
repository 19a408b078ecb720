"""`paymail staff` and `paymail issuers`."""

from typing import Annotated

import typer

from paymail.cli.context import exits, open_app
from paymail.services.access.staff import set_password

group = typer.Typer(help="Staff users.", no_args_is_help=True)


@group.command("set-password")
@exits
def set_password_(email: str, password: Annotated[str, typer.Option(prompt=True, hide_input=True)]) -> None:
    """Create a staff user or change their password; you are prompted for it."""
    app = open_app()
    with app.transaction() as session:
        set_password(session, email=email, password=password, now=app.now())
    typer.echo(f"{email} can sign in")
