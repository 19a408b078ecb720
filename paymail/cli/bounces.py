"""`paymail bounces`: reports about messages that came back."""

import json
from pathlib import Path
from typing import Annotated

import typer

from paymail.cli.context import FAILURE, PARTIAL, exits, open_app
from paymail.observability import one_line
from paymail.services import bounces
from paymail.services.bounces.parser import LARGEST
from paymail.services.customers import addresses
from paymail.services.outbox import sender_refusals

group = typer.Typer(help="Bounce reports.", no_args_is_help=True)


@group.command()
@exits
def read(files: Annotated[list[Path], typer.Argument(help="Raw reports (.eml), one per file.")]) -> None:
    """Read bounce reports from files. Reading the same report twice changes nothing."""
    app = open_app()
    unreadable = 0
    for file in files:
        name = one_line(str(file))
        try:
            with file.open("rb") as opened:
                raw = opened.read(LARGEST + 1)
        except OSError as error:
            typer.echo(f"paymail: {name}: {error.strerror}", err=True)
            unreadable += 1
            continue
        with app.transaction() as session:
            bounce = bounces.receive(session, raw=raw, source="cli", now=app.now())
            about = f"message {bounce.message_id}" if bounce.message_id else "not a paymail message"
            typer.echo(f"{name}: {bounce.kind} {bounce.status} {about} {bounce.detail}")
    if unreadable:
        raise typer.Exit(FAILURE if unreadable == len(files) else PARTIAL)


@group.command()
@exits
def resume(domain: Annotated[str, typer.Argument(help="The domain that refused emails.")]) -> None:
    """Send to a domain again that refused emails for the sender's DNS records or reputation."""
    app = open_app()
    with app.transaction() as session:
        opened = sender_refusals.reopen(session, domain=domain, now=app.now())
        released = addresses.readmit_domain(session, domain=domain, actor="cli", now=app.now())
    if not opened:
        typer.echo(f"{domain}: no emails were waiting for it; reminders for {released} invoice(s) resume")
        return
    typer.echo(f"{domain}: sending goes on; reminders for {released} invoice(s) resume")


@group.command("list")
@exits
def list_(as_json: Annotated[bool, typer.Option("--json")] = False) -> None:
    """List reports, newest first."""
    app = open_app()
    with app.reading() as session:
        rows = [
            {
                "bounce_id": b.bounce_id,
                "message_id": b.message_id,
                "kind": b.kind,
                "status": b.status,
                "recipient": b.recipient,
                "detail": b.detail,
                "source": b.source,
                "received_at": b.received_at.isoformat(timespec="seconds"),
            }
            for b in bounces.listed(session)
        ]
    if as_json:
        typer.echo(json.dumps(rows, ensure_ascii=False))
        return
    for row in rows:
        typer.echo(
            f"{row['received_at']}  {row['kind']:9} {row['status']:7} message {row['message_id'] or '-':<6} "
            f"{row['recipient']}  {row['detail']}"
        )
