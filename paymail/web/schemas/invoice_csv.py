"""Lists of invoices as CSV, for spreadsheets: exact amounts, and no cell that is calculated."""

import csv
import io
from collections.abc import Iterable, Iterator

from paymail.models import Invoice
from paymail.money import to_decimal
from paymail.web.schemas.invoice_rows import InvoiceRow

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a cell begins with that spreadsheets would calculate."""


def lines_of(rows: Iterable[Invoice]) -> Iterator[str]:
    """Yield the lines of a CSV, the head first; money in major units. Nothing is kept of them."""
    yield line(list(InvoiceRow.model_fields))
    for invoice in rows:
        shown = InvoiceRow.of(invoice).model_dump(mode="json") | {
            "total": to_decimal(invoice.total, invoice.currency),
            "balance": to_decimal(invoice.balance, invoice.currency),
        }
        yield line([cell(value) for value in shown.values()])


def line(cells: list[object] | list[str]) -> str:
    """Return a line of a CSV."""
    written = io.StringIO()
    csv.writer(written, lineterminator="\n").writerow(cells)
    return written.getvalue()


def cell(value: object) -> object:
    """Return a cell as no spreadsheet calculates it."""
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value
