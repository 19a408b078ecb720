"""`paymail invoices issue|void|credit|write-off|parts`: what is owed from now on or no more, and in parts."""

from typing import Annotated

import typer

from paymail.cli.context import exits, open_app
from paymail.cli.invoices.group import group
from paymail.cli.options import Json, Key, Yes
from paymail.cli.output import said, sure
from paymail.money import Money, parse_amount
from paymail.services.core.invoices import load_invoice
from paymail.services.letters.credit_notes import credit_note_number
from paymail.services.links.issue import issue
from paymail.services.payments import adjustments
from paymail.services.refunds import unpaid_credits


@group.command("issue")
@exits
def issue_(invoice_id: int, as_json: Json = False) -> None:
    """Issue a draft without emailing it. From then on its lines and amounts can no longer change."""
    app = open_app()
    with app.transaction() as session:
        fresh = issue(session, invoice_id=invoice_id, actor="cli", now=app.now())
    data: dict[str, object] = {"invoice_id": invoice_id, "status": "sent", "issued": fresh}
    said(data, f"invoice {invoice_id} is {'issued' if fresh else 'already issued'}", as_json)


@group.command()
@exits
def void(
    invoice_id: int,
    reason: Annotated[str, typer.Option(help="Reason; kept in the history.")],
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Void an invoice permanently. Refused if a payment has been received."""
    app = open_app()
    sure(f"Void invoice {invoice_id} permanently?", yes)
    with app.transaction() as session:
        adjustments.void(session, invoice_id=invoice_id, reason=reason, actor="cli", now=app.now())
    said({"invoice_id": invoice_id, "status": "void"}, f"invoice {invoice_id} is void", as_json)


@group.command()
@exits
def credit(
    invoice_id: int,
    reason: Annotated[str, typer.Option(help="Reason; it stands on the credit note.")],
    amount: Annotated[str, typer.Option(help="In major units; the full balance by default.")] = "",
    key: Key = "",
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Reduce what is owed by a numbered credit note, which is emailed to the customer."""
    app = open_app()
    with app.reading() as session:
        invoice = load_invoice(session, invoice_id=invoice_id)
    minor = parse_amount(amount, invoice.currency) if amount else None
    shown = Money(invoice.balance if minor is None else minor, invoice.currency)
    sure(f"Credit {shown} of invoice {invoice_id}?", yes)
    with app.transaction() as session:
        note = unpaid_credits.credit(
            session,
            invoice_id=invoice_id,
            reason=reason,
            actor="cli",
            now=app.now(),
            amount=minor,
            key=f"cli:{key[:70]}" if key else None,
        )
        number = credit_note_number(note)
        owed = Money(load_invoice(session, invoice_id=invoice_id).balance, invoice.currency)
        credited = Money(note.credited, invoice.currency)
    data: dict[str, object] = {
        "refund_id": note.refund_id,
        "credit_note": number,
        "credited": float(credited.decimal),
        "balance": float(owed.decimal),
    }
    said(data, f"credit note {number} over {credited}, {owed} still owed", as_json)


@group.command("write-off")
@exits
def write_off(
    invoice_id: int,
    reason: Annotated[str, typer.Option(help="Reason; kept in the history.")] = "",
    amount: Annotated[str, typer.Option(help="In major units; the full balance by default.")] = "",
    undo: Annotated[
        bool, typer.Option("--undo", help="Undo the write-off, so that the amount is owed again.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Write off the balance due, or part of it. No credit note is issued; sale and tax are unchanged."""
    if undo and (amount or reason):
        raise typer.BadParameter(
            "--undo reverses the whole write-off; do not combine it with --amount or --reason"
        )
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
    said(data, f"{gone} of invoice {invoice_id} written off in total, {owed} still owed", as_json)


@group.command()
@exits
def parts(
    invoice_id: int,
    minimum: Annotated[str, typer.Option(help="Minimum part payment, in major units.")] = "",
    off: Annotated[bool, typer.Option("--off", help="Accept only the full balance.")] = False,
    as_json: Json = False,
) -> None:
    """Allow part payments of at least an amount, or only the full balance."""
    if bool(minimum) == off:
        raise typer.BadParameter("give either --minimum or --off")
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
        f"invoice {invoice_id} accepts part payments from {shown}"
        if shown
        else (f"invoice {invoice_id} accepts only full payment")
    )
    said(data, text, as_json)
