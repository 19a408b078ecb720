"""`paymail invoices list`: which invoices there are, for people, programs and spreadsheets."""

import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from itertools import islice
from typing import Annotated, Any

import typer

from paymail.cli.context import exits, open_app
from paymail.cli.invoices.group import group
from paymail.cli.options import Json
from paymail.models import Invoice, InvoiceStatus, PaymentStatus
from paymail.money import Money
from paymail.services.core.issuers import find_issuer
from paymail.services.lists.cursor import every
from paymail.services.lists.invoice_filter import day_after, day_before, from_text
from paymail.services.lists.overdue_age import Age
from paymail.web.schemas.invoice_csv import AMOUNTS, cells_of, lines_of
from paymail.web.schemas.invoice_rows import InvoiceRow

PAGE = 50
FILTER_HELP = "A filter as in the address of the list's page, such as 'delivery=bounced&overdue=31-60'."
Day = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"])]


@group.command("list")
@exits
def list_(
    find: Annotated[str, typer.Option(help="A number, part of a customer's name, or a status.")] = "",
    status: InvoiceStatus | None = None,
    payment_status: PaymentStatus | None = None,
    issuer: Annotated[str, typer.Option(help="Only this issuer's: id or name.")] = "",
    customer: Annotated[str, typer.Option(help="Part of the customer's name or address.")] = "",
    due_before: Day = None,
    due_after: Day = None,
    issued_before: Day = None,
    issued_after: Day = None,
    overdue: Annotated[
        bool, typer.Option("--overdue", help="Only what is owed and past its due date.")
    ] = False,
    page: Annotated[int, typer.Option(min=1)] = 1,
    filter_: Annotated[str, typer.Option("--filter", help=FILTER_HELP)] = "",
    columns: Annotated[
        str, typer.Option(help=f"A table of these columns, by comma: {', '.join(InvoiceRow.model_fields)}.")
    ] = "",
    as_csv: Annotated[bool, typer.Option("--csv", help="Print all that match as CSV.")] = False,
    as_json: Json = False,
) -> None:
    """List invoices, newest first, 50 a page; as CSV all of them. The dates given are not included."""
    if as_csv and as_json:
        raise typer.BadParameter("choose --csv or --json")
    chosen = _columns(columns)
    app = open_app()
    with app.reading() as session:
        wanted = replace(
            from_text(filter_),
            **_given(
                status=status,
                payment_status=payment_status,
                customer=customer,
                due_to=day_before(due_before.date() if due_before else None),
                due_from=day_after(due_after.date() if due_after else None),
                issued_to=day_before(issued_before.date() if issued_before else None),
                issued_from=day_after(issued_after.date() if issued_after else None),
                company=(find_issuer(session, ref=issuer).issuer_id,) if issuer else (),
                overdue=(Age.ANY,) if overdue else (),
                q=find,
            ),
        )
        rows = every(session, wanted=wanted, now=app.now())
        if as_csv:
            sys.stdout.writelines(lines_of(rows, chosen))
            return
        some = list(islice(rows, (page - 1) * PAGE, page * PAGE))
        if as_json:
            listed = [InvoiceRow.of(one).model_dump(mode="json", include=set(chosen)) for one in some]
            typer.echo(json.dumps(listed, ensure_ascii=False))
            return
        for line in _table(some, chosen) if columns else map(_line, some):
            typer.echo(line)


def _given(**options: Any) -> dict[str, Any]:
    return {name: value for name, value in options.items() if value not in (None, "", ())}


def _columns(text: str) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
    if unknown := [name for name in names if name not in InvoiceRow.model_fields]:
        known = ", ".join(InvoiceRow.model_fields)
        raise typer.BadParameter(f"--columns: {unknown[0][:40]!r} is none of {known}")
    return names or tuple(InvoiceRow.model_fields)


def _table(invoices: list[Invoice], names: tuple[str, ...]) -> Iterator[str]:
    """Yield aligned lines, the head first; amounts at the right."""
    rows = [names, *(tuple(map(str, cells_of(one, names))) for one in invoices)]
    widths = [max(len(row[n]) for row in rows) for n in range(len(names))]
    for row in rows:
        cells = [
            cell.rjust(width) if name in AMOUNTS else cell.ljust(width)
            for cell, width, name in zip(row, widths, names, strict=True)
        ]
        yield "  ".join(cells).rstrip()


def _line(invoice: Invoice) -> str:
    total = str(Money(invoice.total, invoice.currency))
    status = f"{invoice.status:6} {invoice.payment_status:12}"
    number = "" if invoice.number == str(invoice.invoice_id) else f" (number {invoice.number})"
    who = f"{invoice.customer.name}{number}"
    return f"{invoice.invoice_id:>6}  {total:>18}  {status} due {invoice.due_date}  {who}"
