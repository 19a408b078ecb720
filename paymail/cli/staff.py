"""`paymail staff`."""

import json
import sys
from typing import Annotated

import typer

from paymail.cli.context import exits, open_app
from paymail.services.access import people
from paymail.services.access.password_links import make_link
from paymail.services.access.people import Person
from paymail.services.access.staff_passwords import set_password
from paymail.services.core.issuers import all_issuers
from paymail.wiring import App

group = typer.Typer(help="Staff users.", no_args_is_help=True)
Json = Annotated[bool, typer.Option("--json", help="Print one JSON value to stdout.")]
IssuerRef = Annotated[
    str | None,
    typer.Option("--issuer", help="Id or name of the issuer; without it, all issuers.", show_default=False),
]


@group.command("set-password")
@exits
def set_password_(
    email: str,
    password: Annotated[
        str, typer.Option(help="Asked for, twice, if it is not given.", show_default=False)
    ] = "",
) -> None:
    """Create an admin, or change somebody's password, of 12 characters or more; you are prompted for it."""
    app = open_app()
    # Who cannot see what they type may mistype it; a program that pipes it in writes it once.
    typed = sys.stdin.isatty()
    password = password or typer.prompt("Password", hide_input=True, confirmation_prompt=typed)
    set_password(app.login_context(), email=email, password=password)
    typer.echo(f"{email} can sign in")


@group.command("list")
@exits
def list_(as_json: Json = False) -> None:
    """List everybody with an account, and their roles."""
    app = open_app()
    with app.reading() as session:
        found = people.people(session)
        names = {issuer.issuer_id: issuer.name for issuer in all_issuers(session)}
    if as_json:
        typer.echo(json.dumps([_described(one) for one in found], ensure_ascii=False))
        return
    for one in found:
        held = [f"{one.roles.everywhere} of all"] if one.roles.everywhere else []
        held += [f"{role} of {names[issuer_id]}" for issuer_id, role in one.roles.single]
        typer.echo(f"{one.user.email:40} {', '.join(held) or 'no role'}")


def _described(one: Person) -> dict[str, object]:
    return {
        "email": one.user.email,
        "role": one.roles.everywhere,
        "issuers": {str(issuer_id): role for issuer_id, role in one.roles.single},
        "created_at": one.user.created_at.isoformat(),
    }


@group.command()
@exits
def add(
    email: str,
    role: Annotated[str, typer.Option(help="viewer, biller, refunder or admin.")] = "biller",
    issuer: IssuerRef = None,
) -> None:
    """Make an account, and print the link by which the person sets their password, within 72 hours.

    For example: paymail staff add kim@example.com --role biller
    """
    app = open_app()
    with app.transaction() as session:
        secret = people.invite(
            session,
            email=email,
            role=people.role_named(role),
            issuer_id=people.issuer_named(session, issuer),
            actor="command line",
            now=app.now(),
        )
    _print_link(app, secret)


@group.command()
@exits
def link(email: str) -> None:
    """Print a link by which somebody sets another password, once and within 72 hours."""
    app = open_app()
    with app.transaction() as session:
        user = people.person_of(session, email=email)
        secret = make_link(session, user, actor="command line", now=app.now())
    _print_link(app, secret)


def _print_link(app: App, secret: str) -> None:
    typer.echo(f"{app.settings.public_url}/staff/password/{secret}")
    typer.echo("Whoever has this link can sign in as this person. It is not shown again.", err=True)


@group.command()
@exits
def remove(email: str) -> None:
    """End an account: its sessions end at once, and what the person did stays in their name."""
    app = open_app()
    with app.transaction() as session:
        people.remove(session, user := people.to_change(session, email=email), app.now())
    typer.echo(f"{user.email} can no longer sign in")


@group.command("second-factor")
@exits
def second_factor(
    email: str,
    do: Annotated[str, typer.Argument(help="require, allow (to go without), or reset when a phone is lost.")],
) -> None:
    """Require a second factor of somebody, or no longer; or reset it, which signs them out.

    For example: paymail staff second-factor kim@example.com reset
    """
    app = open_app()
    with app.transaction() as session:
        people.change_second_factor(session, people.person_of(session, email=email), do)
    typer.echo(f"{email}: {do}")


@group.command()
@exits
def role(
    email: str,
    role: Annotated[str, typer.Argument(help="viewer, biller, refunder or admin; none takes it away.")],
    issuer: IssuerRef = None,
) -> None:
    """Give somebody a role, for all issuers or for one.

    For example: paymail staff role kim@example.com biller --issuer "Southern IT"
    """
    app = open_app()
    with app.transaction() as session:
        user = people.to_change(session, email=email)
        wanted = None if role == "none" else people.role_named(role)
        people.set_role(session, user, role=wanted, issuer_id=people.issuer_named(session, issuer))
    typer.echo(f"{user.email}: {role} of {issuer or 'all issuers'}")
