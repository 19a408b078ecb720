"""`paymail invoices void|write-off|parts`: what is given up or cancelled, and paying in parts."""

from typing import Annotated

import typer

from paymail.cli.context import exits, open_app
from paymail.cli.invoices.group import group
from paymail.cli.options import Json, Yes
from paymail.cli.output import said, sure
from paymail.money import Money, parse_amount
from paymail.services.core.invoices import load_invoice
from paymail.services.payments import adjustments


@group.command()
@exits
def void(
    invoice_id: int,
    reason: Annotated[str, typer.Option(help="Why; kept in the history.")],
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Cancel an invoice for good. Refused when money has arrived for it."""
    app = open_app()
    sure(f"Void invoice {invoice_id} for good?", yes)
    with app.transaction() as session:
        adjustments.void(session, invoice_id=invoice_id, reason=reason, actor="cli", now=app.now())
    said({"invoice_id": invoice_id, "status": "void"}, f"invoice {invoice_id} is void", as_json)


@group.command("write-off")
@exits
def write_off(
    invoice_id: int,
    reason: Annotated[str, typer.Option(help="Why; kept in the history.")] = "",
    amount: Annotated[str, typer.Option(help="In major units; without it, all that is owed.")] = "",
    undo: Annotated[bool, typer.Option("--undo", help="Ask for what was written off again.")] = False,
    as_json: Json = False,
) -> None:
    """Give up what is owed, or a part of it. No credit note; the sale and its tax stay."""
    if undo and (amount or reason):
        raise typer.BadParameter("--undo takes back all of it, without --amount and --reason")
    app = open_app()
    with app.transaction() as session:
        invoice = load_invoice(session, invoice_id=invoice_id)
        if undo:
            adjustments.undo_write_off(session, invoice_id=invoice_id, actor="cli", now=app.now())
        else:
            minor = parse_amount(amount, invoice.currency) if amount else None
            adjustments.write_off(
                session, invoice_id=invoice_id, reason=reason, actor="cli", now=app.now(), amount=minor
            )
        gone = Money(invoice.amount_written_off, invoice.currency)
        owed = Money(invoice.balance, invoice.currency)
    data: dict[str, object] = {
        "invoice_id": invoice_id,
        "amount_written_off": float(gone.decimal),
        "balance": float(owed.decimal),
    }
    said(data, f"{gone} of invoice {invoice_id} written off in all, {owed} still owed", as_json)


@group.command()
@exits
def parts(
    invoice_id: int,
    minimum: Annotated[str, typer.Option(help="Smallest part, in major units.")] = "",
    off: Annotated[bool, typer.Option("--off", help="Only the whole balance.")] = False,
    as_json: Json = False,
) -> None:
    """Let the customer pay in parts of at least an amount, or only the whole."""
    if bool(minimum) == off:
        raise typer.BadParameter("give one of --minimum and --off")
    app = open_app()
    with app.transaction() as session:
        currency = load_invoice(session, invoice_id=invoice_id).currency
        least = parse_amount(minimum, currency) if minimum else None
        adjustments.allow_parts(session, invoice_id=invoice_id, minimum=least, actor="cli", now=app.now())
    shown = Money(least, currency) if least is not None else None
    data: dict[str, object] = {
        "invoice_id": invoice_id,
        "part_minimum": float(shown.decimal) if shown else None,
    }
    text = (
        f"invoice {invoice_id} may be paid in parts from {shown}"
        if shown
        else (f"invoice {invoice_id} is paid as a whole")
    )
    said(data, text, as_json)
