"""Lists of invoices as CSV, for spreadsheets: exact amounts, and no cell that is calculated."""

from collections.abc import Iterable, Iterator, Sequence
from functools import partial

from paymail.models import Invoice
from paymail.money import to_decimal
from paymail.services.exports import csv_lines
from paymail.web.schemas.invoice_rows import InvoiceRow

COLUMNS = tuple(InvoiceRow.model_fields)
AMOUNTS = ("total", "balance")


def lines_of(rows: Iterable[Invoice], columns: Sequence[str] = COLUMNS) -> Iterator[str]:
    """Yield the lines of a CSV, the head first; money in major units. Nothing is kept of them."""
    return csv_lines.table(columns, map(partial(cells_of, columns=columns), rows))


def cells_of(invoice: Invoice, columns: Sequence[str] = COLUMNS) -> list[object]:
    """Return these columns of an invoice; money exactly, in major units."""
    shown = InvoiceRow.of(invoice).model_dump(mode="json") | {
        name: to_decimal(getattr(invoice, name), invoice.currency) for name in AMOUNTS
    }
    return [shown[name] for name in columns]
