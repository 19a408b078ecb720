"""`paymail keys`: who may use the staff API."""

import json
from typing import Annotated

import typer

from paymail.cli.context import exits, open_app
from paymail.models import ApiKey
from paymail.services.access import api_keys
from paymail.services.access.api_keys import KeyScope
from paymail.services.access.people import issuer_named

group = typer.Typer(help="Keys for the staff API.", no_args_is_help=True)
Json = Annotated[bool, typer.Option("--json", help="Print one JSON value to stdout.")]


@group.command()
@exits
def issue(
    name: Annotated[str, typer.Argument(help="What the key is for; shown in the history.")],
    scope: Annotated[list[KeyScope], typer.Option(help="What the key is allowed to do; repeatable.")],
    issuer: Annotated[
        str | None,
        typer.Option(
            help="Id or name of the only issuer that the key sees; without it, all.", show_default=False
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Create a key and print it. It cannot be shown again."""
    app = open_app()
    with app.transaction() as session:
        only = issuer_named(session, issuer)
        issued = api_keys.issue(session, name=name, scopes=scope, now=app.now(), issuer_id=only)
    if as_json:
        typer.echo(json.dumps({"prefix": issued.prefix, "key": issued.key}))
        return
    typer.echo(issued.key)
    typer.echo("Copy the key now: it is not shown again.", err=True)


@group.command("list")
@exits
def list_(as_json: Json = False) -> None:
    """List keys, newest first, without their secrets."""
    app = open_app()
    with app.reading() as session:
        found = api_keys.listed(session)
    if as_json:
        typer.echo(json.dumps([_described(key) for key in found], ensure_ascii=False))
        return
    for key in found:
        state = f"revoked {key.revoked_at:%Y-%m-%d}" if key.revoked_at else "valid"
        only = f" (issuer {key.issuer_id})" if key.issuer_id else ""
        typer.echo(f"{key.prefix}  {key.scopes:20} {state:18} {key.name}{only}")


def _described(key: ApiKey) -> dict[str, object]:
    return {
        "prefix": key.prefix,
        "name": key.name,
        "scopes": key.scopes.split(),
        "issuer_id": key.issuer_id,
        "created_at": key.created_at.isoformat(),
        "revoked_at": key.revoked_at.isoformat() if key.revoked_at else None,
    }


@group.command()
@exits
def revoke(prefix: Annotated[str, typer.Argument(help="Prefix shown by `paymail keys list`.")]) -> None:
    """Revoke a key immediately."""
    app = open_app()
    with app.transaction() as session:
        key = api_keys.revoke(session, prefix=prefix, now=app.now())
    typer.echo(f"key {key.prefix} ({key.name}) is revoked")
