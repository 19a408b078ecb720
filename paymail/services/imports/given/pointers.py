"""Where in the JSON of an invoice a fault is: the file's columns, in the words of the API (RFC 6901)."""

from collections.abc import Iterable

from paymail.services.imports.faults import Fault
from paymail.services.imports.given.invoice import LINE_ONLY

WORDS = {"invoice_id": "invoice_number", "line": "items"}
"""What an invoice's column is called in JSON, where it is not called the same."""
ITEM_WORDS = {
    "line_amount": "amount",
    "line_tax_rate": "tax_rate",
    "line_tax_category": "tax_category",
}
"""The same of a line's columns."""


def word(column: str) -> str:
    """Return the JSON name of a column that says something of the whole invoice."""
    return WORDS.get(column, column)


def of_check(faults: Iterable[Fault], line: int = 0) -> tuple[Fault, ...]:
    """Return the faults of a check with pointers instead of columns; their lines were numbers of items."""
    return tuple(Fault(line, _in_item(fault), fault.reason) for fault in faults)


def of_comparison(fault: Fault) -> str:
    """Return the pointer of what cannot be taken over; a source that checks pointers already has one."""
    return fault.column if fault.column.startswith("/") or not fault.column else f"/{word(fault.column)}"


def _in_item(fault: Fault) -> str:
    if fault.column in LINE_ONLY:
        return f"/items/{fault.line - 1}/{ITEM_WORDS.get(fault.column, fault.column)}"
    return f"/{word(fault.column)}" if fault.column else ""
