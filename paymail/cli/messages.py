"""`paymail messages`: list and cancel."""

import json
from typing import Annotated

import typer

from paymail.cli.context import exits, open_app
from paymail.cli.invoices import At
from paymail.services import browsing
from paymail.services.calendar import when
from paymail.services.composing import load_invoice
from paymail.services.rescheduling import cancel_message, reschedule_message

group = typer.Typer(help="Emails in the outbox.", no_args_is_help=True)


@group.command("list")
@exits
def list_(
    invoice: Annotated[int | None, typer.Option(help="Of one invoice.")] = None,
    as_json: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """List messages, newest first."""
    app = open_app()
    with app.reading() as session:
        rows = [
            {
                "message_id": m.message_id,
                "invoice_id": m.invoice_id,
                "kind": m.kind,
                "state": m.state.value,
                "reason": m.reason,
                "recipient": m.recipient,
                "attempts": m.attempts,
            }
            for m in browsing.messages(session, invoice_id=invoice)
        ]
    if as_json:
        typer.echo(json.dumps(rows, ensure_ascii=False))
        return
    for row in rows:
        typer.echo("{message_id:>6} #{invoice_id:<6} {kind:9} {state:10} {recipient} {reason}".format(**row))


@group.command()
@exits
def reschedule(message_id: int, at: At = "") -> None:
    """Move a message to another time before it is handed over; without --at, to now."""
    app = open_app()
    with app.transaction() as session:
        message = browsing.message(session, message_id=message_id)
        issuer = load_invoice(session, invoice_id=message.invoice_id).issuer
        moment = when(at, issuer, app.now())
        reschedule_message(session, message_id=message_id, at=moment, actor="cli", now=app.now())
    typer.echo(f"message {message_id} is due {moment.isoformat(timespec='minutes') if moment else 'now'}")


@group.command()
@exits
def cancel(message_id: int) -> None:
    """Withdraw a message before it is handed over."""
    app = open_app()
    with app.transaction() as session:
        cancel_message(session, message_id=message_id, actor="cli", now=app.now())
    typer.echo(f"message {message_id} is cancelled")
