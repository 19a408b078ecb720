"""`paymail staff`."""

from typing import Annotated

import typer

from paymail.cli.context import exits, open_app
from paymail.services.access.staff_passwords import set_password

group = typer.Typer(help="Staff users.", no_args_is_help=True)


@group.command("set-password")
@exits
def set_password_(email: str, password: Annotated[str, typer.Option(prompt=True, hide_input=True)]) -> None:
    """Create a staff user or change their password, of 12 characters or more; you are prompted for it."""
    app = open_app()
    set_password(app.login_context(), email=email, password=password)
    typer.echo(f"{email} can sign in")
