"""`paymail suppressions`: addresses that must not be mailed."""

import json
from typing import Annotated

import typer

from paymail.cli.context import exits, open_app
from paymail.services.customers import addresses
from paymail.services.outbox import suppressions

group = typer.Typer(help="Addresses that must not be mailed.", no_args_is_help=True)


@group.command("list")
@exits
def list_(
    lifted: Annotated[bool, typer.Option("--lifted", help="The lifted ones too.")] = False,
    as_json: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """List suppressed addresses, newest first."""
    app = open_app()
    with app.reading() as session:
        rows = [
            {
                "address": s.address,
                "reason": s.reason,
                "detail": s.detail,
                "message_id": s.message_id,
                "since": s.created_at.isoformat(timespec="seconds"),
                "by": s.created_by,
                "lifted_at": s.lifted_at.isoformat(timespec="seconds") if s.lifted_at else None,
                "lift_reason": s.lift_reason,
            }
            for s in suppressions.listed(session, lifted=lifted)
        ]
    if as_json:
        typer.echo(json.dumps(rows, ensure_ascii=False))
        return
    for row in rows:
        ended = f"  lifted: {row['lift_reason']}" if row["lifted_at"] else ""
        typer.echo(f"{row['since']}  {row['reason']:8} {row['address']}  {row['detail']}{ended}")


@group.command()
@exits
def add(address: str, detail: Annotated[str, typer.Option(help="Why.")] = "") -> None:
    """Let no mail go to an address."""
    app = open_app()
    with app.transaction() as session:
        fresh = addresses.suppress(session, address=address, actor="cli", now=app.now(), why=detail)
    typer.echo(f"{address} is suppressed" if fresh else f"{address} was suppressed already")


@group.command()
@exits
def lift(address: str, reason: Annotated[str, typer.Option(help="Why mail may go there again.")]) -> None:
    """Let mail go to an address again; reminders that its bounces held go on."""
    app = open_app()
    with app.transaction() as session:
        released = addresses.readmit(session, address=address, reason=reason, actor="cli", now=app.now())
    typer.echo(f"{address} may be mailed again; reminders of {released} invoice(s) go on")
