"""`paymail forecast`: what will go out, and what is held back."""

import json
from typing import Annotated

import typer

from paymail.cli.context import exits, open_app
from paymail.cli.options import Json
from paymail.services.core.issuers import find_issuer
from paymail.services.forecast.coming import Coming
from paymail.services.forecast.forecast import forecast


@exits
def forecast_(
    days: Annotated[int, typer.Option(min=1, max=90, help="How far to look ahead.")] = 7,
    issuer: Annotated[str, typer.Option(help="Only this issuer, by id or name.")] = "",
    as_json: Json = False,
) -> None:
    """Show which emails will go out, to whom and when, and which are held back and why."""
    app = open_app()
    with app.reading() as session:
        issuer_id = find_issuer(session, ref=issuer).issuer_id if issuer else None
        found = forecast(session, now=app.now(), days=days, issuer_id=issuer_id)
    if as_json:
        typer.echo(json.dumps([described(one) for one in found], ensure_ascii=False))
        return
    for one in found:
        time = one.local or (one.at.isoformat(timespec="minutes") if one.at else "held back")
        step = f" {one.step}" if one.step else ""
        held = f"  ({one.held})" if one.held else ""
        typer.echo(f"{time:26} #{one.number:<8} {one.kind}{step:6} {one.balance}  {one.recipient}{held}")
    going = sum(1 for one in found if not one.held)
    typer.echo(f"{going} email(s) in the next {days} day(s), {len(found) - going} held back", err=True)


def described(one: Coming) -> dict[str, object]:
    """Return a coming email as JSON has it."""
    return {
        "invoice_id": one.invoice_id,
        "number": one.number,
        "customer_name": one.customer,
        "recipient": one.recipient,
        "kind": one.kind,
        "step": one.step,
        "balance": float(one.balance.decimal),
        "currency": one.balance.currency,
        "at": one.at.isoformat() if one.at else None,
        "local": one.local,
        "held": one.held,
    }
