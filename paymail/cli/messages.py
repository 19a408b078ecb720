"""`paymail messages`: list, copy, cancel, and settle what became of those in doubt."""

import json
from pathlib import Path
from typing import Annotated

import typer

from paymail.cli.context import exits, open_app
from paymail.cli.options import At
from paymail.errors import InvalidInput
from paymail.models import DIGESTS
from paymail.services.bounces import relay_log_follower
from paymail.services.core.calendar import when
from paymail.services.core.invoices import load_invoice
from paymail.services.delivery import unknown_messages
from paymail.services.lists import lookup
from paymail.services.outbox import blobs, recipients
from paymail.services.outbox.reschedule import cancel_message, reschedule_message
from paymail.services.sending import copies

group = typer.Typer(help="Emails in the outbox.", no_args_is_help=True)


@group.command("list")
@exits
def list_(
    invoice: Annotated[int | None, typer.Option(help="Only messages for this invoice.")] = None,
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
            for m in lookup.messages(session, invoice_id=invoice)
        ]
    if as_json:
        typer.echo(json.dumps(rows, ensure_ascii=False))
        return
    for row in rows:
        typer.echo("{message_id:>6} #{invoice_id:<6} {kind:9} {state:10} {recipient} {reason}".format(**row))


@group.command("copy")
@exits
def copy_(
    invoice_id: int,
    to: Annotated[str, typer.Option(help="Address that the copy goes to.")],
    payment: Annotated[int | None, typer.Option(help="Payment whose receipt to copy.")] = None,
) -> None:
    """Send a copy of an invoice, or of a receipt, to one further address."""
    app = open_app()
    with app.transaction() as session:
        queued = copies.send_copy(
            session, invoice_id=invoice_id, to=to, payment_id=payment, actor="cli", now=app.now()
        )
    said = "is queued" if queued.created else "was asked for today already"
    typer.echo(f"the copy {said}: message {queued.message_id}")


@group.command()
@exits
def reschedule(message_id: int, at: At = "") -> None:
    """Reschedule a message that has not been handed over; without --at, send it now."""
    app = open_app()
    with app.transaction() as session:
        message = lookup.message(session, message_id=message_id)
        issuer = load_invoice(session, invoice_id=message.invoice_id).issuer
        moment = when(at, issuer, app.now())
        reschedule_message(session, message_id=message_id, at=moment, actor="cli", now=app.now())
    typer.echo(f"message {message_id} is due {moment.isoformat(timespec='minutes') if moment else 'now'}")


@group.command()
@exits
def cancel(message_id: int) -> None:
    """Cancel a message that has not been handed over."""
    app = open_app()
    with app.transaction() as session:
        cancel_message(session, message_id=message_id, actor="cli", now=app.now())
    typer.echo(f"message {message_id} is cancelled")


class NoSuchLog(InvalidInput):
    """The log cannot be read."""

    code = "no_such_log"


@group.command()
@exits
def show(message_id: int, as_json: Annotated[bool, typer.Option("--json")] = False) -> None:
    """Show one message and its stored email, or when that was erased."""
    app = open_app()
    with app.reading() as session:
        message = lookup.message(session, message_id=message_id)
        gone = blobs.erased(session, digests=[getattr(message, column.key) for column in DIGESTS])
        fates = recipients.fates(session, message=message)
    data = {
        "message_id": message_id,
        "invoice_id": message.invoice_id,
        "kind": message.kind,
        "state": message.state.value,
        "reason": message.reason,
        "recipient": message.recipient.replace("\n", ", "),
        "fates": [f"{one.address} ({one.role}): {one.state}" for one in fates],
        "message_id_header": message.header_id,
        "mime_sha256": message.mime_sha256,
        "pdf_sha256": message.pdf_sha256,
        "enclosed_sha256": message.enclosed_sha256,
        "request_id": message.request_id,
        "erased": bool(gone),
    }
    if as_json:
        typer.echo(json.dumps(data, ensure_ascii=False))
        return
    for key, value in data.items():
        typer.echo(f"{key:18} {value}")


@group.command()
@exits
def unknown(as_json: Annotated[bool, typer.Option("--json")] = False) -> None:
    """List messages that may or may not have been delivered and need your decision."""
    app = open_app()
    with app.reading() as session:
        rows = [
            {
                "message_id": m.message_id,
                "invoice_id": m.invoice_id,
                "kind": m.kind,
                "recipient": m.recipient,
                "reason": m.reason,
                "message_id_header": m.header_id,
            }
            for m in unknown_messages.unknown(session)
        ]
    if as_json:
        typer.echo(json.dumps(rows, ensure_ascii=False))
        return
    for row in rows:
        typer.echo("{message_id:>6} #{invoice_id:<6} {kind:9} {recipient} {reason}".format(**row))


@group.command()
@exits
def resolve(
    message_id: int,
    sent: Annotated[bool, typer.Option("--sent", help="Mark as sent: it was delivered.")] = False,
    failed: Annotated[
        bool, typer.Option("--failed", help="Mark as failed: it was not delivered, and will not be sent.")
    ] = False,
    resend: Annotated[bool, typer.Option("--resend", help="Send exactly the same email again.")] = False,
    why: Annotated[str, typer.Option(help="How you know; kept in the history.")] = "",
) -> None:
    """Record what happened to an unknown message."""
    if sent + failed + resend != 1:
        raise typer.BadParameter("give one of --sent, --failed or --resend")
    act = (
        unknown_messages.mark_sent
        if sent
        else unknown_messages.mark_failed
        if failed
        else unknown_messages.resend
    )
    app = open_app()
    with app.transaction() as session:
        act(session, message_id=message_id, actor="cli", now=app.now(), why=why)
    done = "marked as sent" if sent else "marked as failed" if failed else "queued again"
    typer.echo(f"message {message_id} is {done}")


@group.command()
@exits
def prove(logfile: Path) -> None:
    """Settle unknown messages from a Postfix log: queued ones were accepted, returned ones bounced."""
    app = open_app()
    try:
        moved = relay_log_follower.prove(app.context(), logfile)
    except OSError as error:
        raise NoSuchLog(f"{logfile}: {error.strerror}") from error
    typer.echo(f"{moved} message(s) settled")
