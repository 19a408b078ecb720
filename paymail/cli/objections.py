"""`paymail objections`: what customers say is wrong with invoices, and the answers."""

import json
from typing import Annotated, Any

import typer

from paymail.cli.context import exits, open_app
from paymail.cli.options import Json
from paymail.cli.output import said
from paymail.models import Objection
from paymail.services.core.invoices import load_invoice
from paymail.services.customers import objections

group = typer.Typer(help="What customers say is wrong with invoices, and your answers.", no_args_is_help=True)


@group.command("list")
@exits
def list_(
    invoice: Annotated[
        int | None, typer.Option("--invoice", help="Id of an invoice: all of it, closed ones too.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="At most so many.")] = 100,
    as_json: Json = False,
) -> None:
    """List what is open, oldest first; or all that was said of one invoice."""
    app = open_app()
    with app.reading() as session:
        if invoice is None:
            found = objections.all_open(session, limit=limit)
        else:
            load_invoice(session, invoice_id=invoice)
            found = objections.objections(session, invoice_id=invoice)[:limit]
        rows = [_row(one) for one in found]
    if as_json:
        typer.echo(json.dumps(rows, ensure_ascii=False))
        return
    for row in rows:
        typer.echo(_line(row))


@group.command()
@exits
def answer(
    invoice_id: int,
    text: Annotated[str, typer.Argument(help="The answer; it is emailed to who said it.")],
    as_json: Json = False,
) -> None:
    """Answer what is open about an invoice, and close it. Its reminders go on."""
    if not text.strip():
        raise typer.BadParameter("the answer is empty; to close it without one: paymail objections close")
    _close(invoice_id, text, as_json)


@group.command()
@exits
def close(invoice_id: int, as_json: Json = False) -> None:
    """Close what is open about an invoice without an answer. Its reminders go on."""
    _close(invoice_id, "", as_json)


def _close(invoice_id: int, text: str, as_json: bool) -> None:
    app = open_app()
    with app.transaction() as session:
        queued = objections.close(session, invoice_id=invoice_id, answer=text, actor="cli", now=app.now())
    message_id = queued.message_id if queued else None
    way = f"the answer is message {message_id}" if queued else "without an answer"
    said(
        {"invoice_id": invoice_id, "message_id": message_id},
        f"the objection to invoice {invoice_id} is closed, {way}",
        as_json,
    )


def _row(one: Objection) -> dict[str, Any]:
    return {
        "invoice_id": one.invoice_id,
        "reason": one.reason,
        "lines": [int(position) for position in one.positions.split(",") if position],
        "words": one.words,
        "answer_to": one.answer_to,
        "opened_at": one.opened_at.isoformat(),
        "closed_at": one.closed_at.isoformat() if one.closed_at else None,
        "closed_by": one.closed_by,
        "answer": one.answer,
    }


def _line(row: dict[str, Any]) -> str:
    lines = f", line {', '.join(map(str, row['lines']))}" if row["lines"] else ""
    words = " ".join(row["words"].split())
    state = f"closed by {row['closed_by']}" if row["closed_at"] else "open"
    reason = objections.REASONS.get(row["reason"], row["reason"])
    return (
        f"invoice {row['invoice_id']:>6}  {row['opened_at'][:10]}  {state}  {reason}{lines}  {words}".rstrip()
    )
