"""`paymail invoices list`: which invoices there are, for people, programs and spreadsheets."""

import csv
import json
import sys
from collections.abc import Iterator
from datetime import datetime
from typing import Annotated

import typer
from sqlalchemy.orm import Session

from paymail.cli.context import exits, open_app
from paymail.cli.invoices.group import group
from paymail.cli.options import Json
from paymail.models import Invoice, InvoiceStatus, PaymentStatus
from paymail.money import Money, to_decimal
from paymail.services.core.issuers import find_issuer
from paymail.services.lists import cursor, lookup
from paymail.services.lists.invoice_filter import InvoiceFilter
from paymail.web.schemas.invoice_rows import InvoiceRow

AT_ONCE = 200
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a cell begins with that spreadsheets would calculate."""
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
    page: int = 1,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print all that match as CSV.")] = False,
    as_json: Json = False,
) -> None:
    """List invoices, newest first, 50 a page; as CSV all of them. The dates given are not included."""
    if as_csv and as_json:
        raise typer.BadParameter("choose --csv or --json")
    app = open_app()
    with app.reading() as session:
        wanted = InvoiceFilter(
            status=status,
            payment_status=payment_status,
            customer=customer,
            due_before=due_before.date() if due_before else None,
            due_after=due_after.date() if due_after else None,
            issued_before=issued_before.date() if issued_before else None,
            issued_after=issued_after.date() if issued_after else None,
            issuer_id=find_issuer(session, ref=issuer).issuer_id if issuer else None,
            overdue_at=app.now() if overdue else None,
            find=find,
        )
        if as_csv:
            _print_csv(_all(session, wanted))
            return
        rows = lookup.invoices(session, wanted=wanted, page=page).rows
        if as_json:
            listed = [InvoiceRow.of(invoice).model_dump(mode="json") for invoice in rows]
            typer.echo(json.dumps(listed, ensure_ascii=False))
            return
        for row in rows:
            typer.echo(_line(row))


def _line(invoice: Invoice) -> str:
    total = str(Money(invoice.total, invoice.currency))
    status = f"{invoice.status:6} {invoice.payment_status:12}"
    number = "" if invoice.number == str(invoice.invoice_id) else f" (number {invoice.number})"
    who = f"{invoice.customer.name}{number}"
    return f"{invoice.invoice_id:>6}  {total:>18}  {status} due {invoice.due_date}  {who}"


def _all(session: Session, wanted: InvoiceFilter) -> Iterator[Invoice]:
    after = None
    while True:
        found = cursor.invoices(session, wanted=wanted, limit=AT_ONCE, after=after)
        yield from found.rows
        session.expunge_all()  # a list of any length takes the memory of one page
        if (after := found.next) is None:
            return


def _print_csv(rows: Iterator[Invoice]) -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(InvoiceRow.model_fields)
    for invoice in rows:
        shown = InvoiceRow.of(invoice).model_dump(mode="json") | {
            "total": to_decimal(invoice.total, invoice.currency),
            "balance": to_decimal(invoice.balance, invoice.currency),
        }
        writer.writerow([_cell(value) for value in shown.values()])


def _cell(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value
