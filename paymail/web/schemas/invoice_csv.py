"""Lists of invoices as CSV, for spreadsheets: exact amounts, and no cell that is calculated."""

from collections.abc import Iterable, Iterator

from paymail.models import Invoice
from paymail.money import to_decimal
from paymail.services.exports import csv_lines
from paymail.web.schemas.invoice_rows import InvoiceRow


def lines_of(rows: Iterable[Invoice]) -> Iterator[str]:
    """Yield the lines of a CSV, the head first; money in major units. Nothing is kept of them."""
    return csv_lines.table(list(InvoiceRow.model_fields), map(_cells, rows))


def _cells(invoice: Invoice) -> list[object]:
    shown = InvoiceRow.of(invoice).model_dump(mode="json") | {
        "total": to_decimal(invoice.total, invoice.currency),
        "balance": to_decimal(invoice.balance, invoice.currency),
    }
    return list(shown.values())
