"""`paymail suppressions`: addresses that must not be mailed."""

import json
from typing import Annotated

import typer

from paymail.cli.context import exits, open_app
from paymail.services.customers import addresses
from paymail.services.outbox import suppressions

group = typer.Typer(help="Email addresses that paymail must not send to.", no_args_is_help=True)


@group.command("list")
@exits
def list_(
    lifted: Annotated[bool, typer.Option("--lifted", help="Include lifted suppressions.")] = False,
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
    """Stop sending email to an address."""
    app = open_app()
    with app.transaction() as session:
        fresh = addresses.suppress(session, address=address, actor="cli", now=app.now(), why=detail)
    typer.echo(f"{address} is suppressed" if fresh else f"{address} is already suppressed")


@group.command()
@exits
def lift(
    address: str, reason: Annotated[str, typer.Option(help="Reason for lifting the suppression.")]
) -> None:
    """Allow email to an address again; reminders held after its bounces resume."""
    app = open_app()
    with app.transaction() as session:
        released = addresses.readmit(session, address=address, reason=reason, actor="cli", now=app.now())
    typer.echo(f"{address} is no longer suppressed; reminders for {released} invoice(s) resume")
