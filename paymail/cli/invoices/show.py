"""`paymail invoices`: show, send."""

import json
from typing import Annotated

import typer

from paymail.cli.context import PARTIAL, exits, open_app
from paymail.cli.invoices.group import group
from paymail.cli.options import At, Json
from paymail.errors import PaymailError
from paymail.services.core.calendar import when
from paymail.services.core.invoices import load_invoice, payment_url
from paymail.services.core.online_payment import online_obstacle
from paymail.services.ledger import awaited_payments
from paymail.services.lists import lookup
from paymail.services.sending.invoice_emails import send_invoice
from paymail.web.schemas.customer_invoice import describe
from paymail.wiring import App


@group.command()
@exits
def show(invoice_id: int, as_json: Json = False) -> None:
    """Show one invoice, with its secret pay link."""
    app = open_app()
    with app.reading() as session:
        invoice = load_invoice(session, invoice_id=invoice_id)
        awaited = awaited_payments.awaited(session, invoice_id=invoice_id)
        data = describe(invoice, now=app.now(), awaited=awaited).model_dump(mode="json", by_alias=True)
        data["payment_url"] = payment_url(app.settings.public_url, invoice)
        data["messages"] = [
            {"message_id": m.message_id, "kind": m.kind, "state": m.state.value, "reason": m.reason}
            for m in reversed(lookup.messages(session, invoice_id=invoice_id))
        ]
    if as_json:
        typer.echo(json.dumps(data, ensure_ascii=False))
        return
    for key, value in data.items():
        if key not in ("items", "messages", "plan"):
            typer.echo(f"{key:16} {value}")


@group.command()
@exits
def send(
    ids: Annotated[
        list[int], typer.Argument(help="Invoice ids; to send by filter, see `paymail bulk start`.")
    ],
    at: At = "",
    again: Annotated[bool, typer.Option("--again", help="Send another copy.")] = False,
    as_json: Json = False,
) -> None:
    """Queue invoice emails, now or for later. Running it twice does not send twice."""
    app = open_app()
    results = [_send_one(app, invoice_id, at, again) for invoice_id in ids]
    _report(results, as_json)
    if any("error" in result for result in results):
        raise typer.Exit(PARTIAL if len(results) > 1 else 1)


def _send_one(app: App, invoice_id: int, at: str, again: bool) -> dict[str, object]:
    try:
        with app.transaction() as session:
            issuer = load_invoice(session, invoice_id=invoice_id).issuer
            queued = send_invoice(
                session,
                invoice_id=invoice_id,
                actor="cli",
                now=app.now(),
                at=when(at, issuer, app.now()),
                again=again,
            )
            obstacle = online_obstacle(load_invoice(session, invoice_id=invoice_id))
    except PaymailError as error:
        return {"invoice_id": invoice_id, "error": str(error), "code": error.code}
    told: dict[str, object] = {
        "invoice_id": invoice_id,
        "message_id": queued.message_id,
        "queued": queued.created,
    }
    return told | {"not_online": obstacle}


def _report(results: list[dict[str, object]], as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(results))
        return
    for result in results:
        if "error" in result:
            typer.echo(f"invoice {result['invoice_id']}: {result['error']}", err=True)
        elif result["not_online"]:
            why = f"{result['not_online']}".replace("_", " ")
            typer.echo(f"invoice {result['invoice_id']}: cannot be paid online ({why})", err=True)
    queued = sum(1 for result in results if result.get("queued"))
    before = sum(1 for result in results if result.get("queued") is False)
    typer.echo(f"queued {queued} message(s), {before} already queued or sent")
