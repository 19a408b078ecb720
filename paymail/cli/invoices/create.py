"""`paymail invoices create`: one invoice by hand, with the checks of an import."""

import json
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from paymail.cli.context import FAILURE, USAGE, exits, open_app
from paymail.cli.invoices.group import group
from paymail.cli.options import Json
from paymail.models import Invoice, InvoiceStatus, Issuer
from paymail.money import Money
from paymail.observability import one_line
from paymail.services.core.contexts import Context
from paymail.services.core.invoices import local_date
from paymail.services.core.issuers import find_issuer
from paymail.services.imports import Fault
from paymail.services.imports.given import GivenConflict, GivenInvoice, GivenRefused, put_invoice
from paymail.wiring import App

Day = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"])]
_LINE = ("description", "quantity", "unit_price", "line_tax_rate")


@group.command("create")
@exits
def create_(
    customer_name: str = "",
    customer_email: Annotated[str, typer.Option(help="Further addresses after semicolons.")] = "",
    customer_ref: Annotated[str, typer.Option(help="Your own id of the customer; enough if known.")] = "",
    due: Day = None,
    issued: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Today by default.")] = None,
    line: Annotated[
        list[str] | None,
        typer.Option(help='"Description;quantity;unit price", and ";tax rate" if it is another; repeatable.'),
    ] = None,
    tax_rate: Annotated[str, typer.Option(help="Per cent, of lines without their own.")] = "",
    currency: Annotated[str, typer.Option(help="The issuer's by default.")] = "",
    number: Annotated[str, typer.Option(help="By default the one after the issuer's highest.")] = "",
    notes: str = "",
    purchase_order: str = "",
    issue: Annotated[bool, typer.Option("--issue", help="Issue it; otherwise it is a draft.")] = False,
    issuer: Annotated[str, typer.Option(help="Issuer id or name; not needed if there is only one.")] = "",
    from_: Annotated[
        Path | None, typer.Option("--from", help="A JSON file in the form of PUT /api/v1/invoices.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Create an invoice, by options or from a JSON file. Sends no email."""
    head = {
        "customer_name": customer_name,
        "customer_email": customer_email,
        "customer_ref": customer_ref,
        "due_date": due.date().isoformat() if due else "",
        "issued_date": issued.date().isoformat() if issued else "",
        "tax_rate": tax_rate,
        "currency": currency,
        "invoice_id": number,
        "notes": notes,
        "purchase_order": purchase_order,
    }
    said = {column: value for column, value in head.items() if value}
    if from_ is not None and (said or line):
        raise typer.BadParameter("give either --from or the invoice's own options, not both")
    app = open_app()
    with app.reading() as session:
        found = find_issuer(session, ref=issuer)
    given = _read(from_) if from_ else _of_options(said, line or [], found, app.now())
    if issue:
        given.head["status"] = InvoiceStatus.SENT.value
    _told(app, _created(app, given, found.issuer_id), as_json)


def _of_options(said: dict[str, str], lines: list[str], issuer: Issuer, now: datetime) -> GivenInvoice:
    if not lines or "due_date" not in said:
        raise typer.BadParameter("give --due and at least one --line, or --from")
    today = local_date(issuer, now).isoformat()
    head = {"issued_date": today, "currency": issuer.currency} | said
    return GivenInvoice(head, tuple(_item(text) for text in lines))


def _item(text: str) -> dict[str, str]:
    parts = [part.strip() for part in text.split(";")]
    if not 3 <= len(parts) <= len(_LINE):
        raise typer.BadParameter(
            f'{one_line(text, 60)!r} is not "Description;quantity;unit price" or'
            ' "Description;quantity;unit price;tax rate"'
        )
    return dict(zip(_LINE, parts, strict=False))


def _read(path: Path) -> GivenInvoice:
    # Here, so that the other commands about invoices need not wait for the web framework.
    from paymail.web.schemas.import_files import parse_invoice

    try:
        found = parse_invoice(path.read_bytes())
    except OSError as error:
        typer.echo(f"paymail: cannot read {one_line(str(path))}: {error.strerror}", err=True)
        raise typer.Exit(USAGE) from error
    if isinstance(found, list):
        _list(tuple(found))
        raise typer.Exit(FAILURE)
    return found


def _created(app: App, given: GivenInvoice, issuer_id: int) -> int:
    try:
        put = put_invoice(
            Context(app.transaction, app.now),
            reading=Context(app.reading, app.now),
            given=given,
            issuer_id=issuer_id,
            actor="cli",
            only_new=True,
        )
    except (GivenRefused, GivenConflict) as refused:
        _list(refused.faults)
        raise
    return put.invoice_id


def _list(faults: tuple[Fault, ...]) -> None:
    for fault in faults:
        typer.echo(f"{fault.column or '/'}: {fault.reason}", err=True)


def _told(app: App, invoice_id: int, as_json: bool) -> None:
    with app.reading() as session:
        made = session.get_one(Invoice, invoice_id)
    total = Money(made.total, made.currency)
    if as_json:
        data = {
            "invoice_id": invoice_id,
            "number": made.number,
            "status": made.status,
            "currency": made.currency,
            "total": float(total.decimal),
        }
        typer.echo(json.dumps(data))
        return
    state = "a draft" if made.status is InvoiceStatus.DRAFT else "issued"
    typer.echo(f"created invoice {made.number} (id {invoice_id}) over {total}; it is {state}")
    if made.status is InvoiceStatus.DRAFT:
        typer.echo(f"To issue it: paymail invoices issue {invoice_id}", err=True)
