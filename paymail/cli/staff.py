"""`paymail staff`."""

import sys
from typing import Annotated

import typer

from paymail.cli.context import exits, open_app
from paymail.services.access.staff_passwords import set_password

group = typer.Typer(help="Staff users.", no_args_is_help=True)


@group.command("set-password")
@exits
def set_password_(
    email: str,
    password: Annotated[
        str, typer.Option(help="Asked for, twice, if it is not given.", show_default=False)
    ] = "",
) -> None:
    """Create a staff user or change their password, of 12 characters or more; you are prompted for it."""
    app = open_app()
    # Who cannot see what they type may mistype it; a program that pipes it in writes it once.
    typed = sys.stdin.isatty()
    password = password or typer.prompt("Password", hide_input=True, confirmation_prompt=typed)
    set_password(app.login_context(), email=email, password=password)
    typer.echo(f"{email} can sign in")
