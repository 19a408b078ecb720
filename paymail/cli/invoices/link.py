"""`paymail invoices link`: show, replace or take back a pay link."""

import json
from typing import Annotated

import typer

from paymail.cli.context import exits, open_app
from paymail.cli.invoices.group import group
from paymail.cli.options import Json
from paymail.services.core.invoices import load_invoice, payment_url
from paymail.services.links import pay_links


@group.command()
@exits
def link(
    invoice_id: int,
    regenerate: Annotated[
        bool, typer.Option("--regenerate", help="Create a new link; the old one stops working immediately.")
    ] = False,
    revoke: Annotated[
        bool, typer.Option("--revoke", help="Revoke the link, until a new one is created.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Show an invoice's secret pay link and when it expires, or replace or revoke it. Sends no email."""
    if regenerate and revoke:
        raise typer.BadParameter("use either --regenerate or --revoke, not both")
    app = open_app()
    with app.transaction() as session:
        if regenerate:
            pay_links.regenerate(session, invoice_id=invoice_id, actor="cli", now=app.now())
        if revoke:
            pay_links.revoke(session, invoice_id=invoice_id, actor="cli", now=app.now())
        invoice = load_invoice(session, invoice_id=invoice_id)
        address = payment_url(app.settings.public_url, invoice)
        end = invoice.payment_token_expires_at
    if as_json:
        data = {"payment_url": address or None, "expires_at": end.isoformat() if end else None}
        typer.echo(json.dumps(data))
        return
    typer.echo(address or f"invoice {invoice_id} has no pay link")
    if address:
        typer.echo(f"expires {end.isoformat(timespec='minutes')}" if end else "does not expire")
    if regenerate:
        typer.echo(f"To email it: paymail invoices send {invoice_id} --again", err=True)
