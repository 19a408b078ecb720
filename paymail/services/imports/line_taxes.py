"""The tax that a line of a host's file gives for itself, in columns that a file need not have."""

from decimal import Decimal

from paymail.services.imports import fields
from paymail.services.imports.faults import BadValue
from paymail.services.imports.fields import Format, Row
from paymail.tax import TaxCategory


def own_rate(row: Row, column: str, form: Format) -> Decimal | None:
    """The line's own rate in per cent; 0 where its category has none, and None for that of the invoice."""
    if _says(row, column):
        return fields.rate(row, column, form)
    category = row.get("line_tax_category", "").strip().upper()
    return Decimal(0) if category in set(TaxCategory) - {TaxCategory.STANDARD} else None


def own_category(row: Row, column: str, form: Format, invoice_rate: Decimal) -> str:
    """The line's own category; empty: as its rate says. Its rate must not contradict it."""
    if not _says(row, column):
        return ""
    category = fields.choice(row, column, tuple(TaxCategory))
    try:
        own = own_rate(row, "line_tax_rate", form)
    except BadValue:
        return category.value  # the rate's own check says what is wrong
    rate = invoice_rate if own is None else own
    if category is TaxCategory.STANDARD and not rate:
        raise BadValue(column, "S needs a rate above zero")
    if category is not TaxCategory.STANDARD and rate:
        reason = f"is {rate}, but a line of category {category.value} has no tax: 0"
        raise BadValue("line_tax_rate", reason)
    return category.value


def invoice_rate(row: Row, form: Format) -> Decimal:
    """Return the invoice's rate; 0 where it is none, which its own check says."""
    try:
        return fields.rate(row, "tax_rate", form)
    except BadValue:
        return Decimal(0)


def _says(row: Row, column: str) -> bool:
    return bool(row.get(column, "").strip())
