"""What an import can change of a known invoice or customer, as values to compare, to keep and to put back."""

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any

from paymail.models import ContactOrigin, Customer, Invoice, InvoiceLine, InvoiceStatus

Values = dict[str, Any]
"""Our columns, with values as JSON has them."""
Change = dict[str, tuple[Any, Any]]
"""Our columns, with the value before and after."""

DOCUMENT = (
    "number",
    "customer_id",
    "currency",
    "issued_date",
    "subtotal",
    "tax_rate",
    "tax_amount",
    "total",
    "rounding_difference",
)
"""What only a draft may change."""
AFTER_ISSUE = ("due_date", "purchase_order", "terms", "notes", "tax_aud", "host_metadata", "external_ref")
OF_CUSTOMER = ("external_ref", "name", "tax_id", "address", "country", "attention", "email", "host_email")
LINES, CONTACTS = "lines", "contacts"
BOOKKEEPING = ("import_digest", "reminders_from")
"""Put back with the rest, and of no interest to people."""
LINE = ("position", "description", "quantity", "unit_price", "amount", "tax_rate", "tax_category")


def invoice_values(invoice: Invoice) -> Values:
    """Return what an import can change of an invoice, loaded with its lines. Holds no token."""
    columns = (*DOCUMENT, *AFTER_ISSUE, *BOOKKEEPING, "status", "amount_paid")
    found = {column: _plain(getattr(invoice, column)) for column in columns}
    if invoice.status is InvoiceStatus.DRAFT:
        found[LINES] = [_line(line) for line in invoice.lines]
    return found


def customer_values(customer: Customer) -> Values:
    """Return what an import can change of a customer, loaded with its contacts."""
    found = {column: _plain(getattr(customer, column)) for column in OF_CUSTOMER}
    found[CONTACTS] = sorted(one.email for one in customer.contacts if one.origin is ContactOrigin.HOST)
    return found


def changed(before: Values, after: Values) -> Change:
    """Return what is no longer as it was. Lines count while both are those of a draft."""
    return {
        column: (value, after[column])
        for column, value in before.items()
        if column in after and after[column] != value
    }


def lines_of(values: Iterable[Values]) -> list[InvoiceLine]:
    """Return kept lines as rows."""
    return [
        InvoiceLine(
            **line
            | {
                "quantity": Decimal(line["quantity"]),
                "unit_price": Decimal(line["unit_price"]),
                "tax_rate": Decimal(line["tax_rate"]) if line["tax_rate"] is not None else None,
            }
        )
        for line in values
    ]


def column_value(column: str, value: Any) -> Any:
    """Return a kept value of an invoice's or customer's column as the row has it."""
    if value is None:
        return None
    if column in ("issued_date", "due_date"):
        return date.fromisoformat(value)
    if column == "reminders_from":
        return datetime.fromisoformat(value)
    return Decimal(value) if column == "tax_rate" else value


def _line(line: InvoiceLine) -> Values:
    return {column: _plain(getattr(line, column)) for column in LINE}


def _plain(value: Any) -> Any:
    if isinstance(value, date):  # a date-time too
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    return value.value if isinstance(value, Enum) else value
