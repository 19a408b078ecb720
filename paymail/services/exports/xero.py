"""Xero: sales invoices in the columns of its own export and import, and money as a bank statement's lines.

Sources: Xero Central, "Import invoices" and "Import bank transactions" (CSV). Prices are without tax: choose
"Tax exclusive" when importing. `paymail import` reads the invoices back as they are.
"""

from collections.abc import Iterable, Iterator

from paymail.models import Issuer
from paymail.services.core.tax_invoices import AUSTRALIA
from paymail.services.exports.billed import Billed, BilledLine, Moved
from paymail.services.exports.csv_lines import table
from paymail.tax import TaxCategory

SALES_ACCOUNT = "200"
"""Sales, in the chart of accounts that Xero begins with."""
_DAY = "%d/%m/%Y"
_POSTAL = [f"POAddressLine{n}" for n in (1, 2, 3, 4)] + ["POCity", "PORegion", "POPostalCode", "POCountry"]
INVOICE_COLUMNS = (
    "ContactName", "EmailAddress", *_POSTAL, "InvoiceNumber", "Reference", "InvoiceDate", "DueDate", "Total",
    "TaxTotal", "InvoiceAmountPaid", "InvoiceAmountDue", "InventoryItemCode", "Description", "Quantity",
    "UnitAmount", "Discount", "LineAmount", "AccountCode", "TaxType", "TaxAmount", "Currency", "Type",
    "Status",
)  # fmt: skip
PAYMENT_COLUMNS = ("Date", "Amount", "Payee", "Description", "Reference", "Currency")
_C = TaxCategory
_AUSTRALIAN = {
    _C.ZERO: "GST Free Income",
    _C.EXEMPT: "Input Taxed",
    _C.REVERSE_CHARGE: "BAS Excluded",
    _C.OUTSIDE_SCOPE: "BAS Excluded",
}
_ELSEWHERE = {
    _C.ZERO: "Zero Rated Income",
    _C.EXEMPT: "Exempt Income",
    _C.REVERSE_CHARGE: "Reverse Charge",
    _C.OUTSIDE_SCOPE: "No Tax",
}


def invoice_lines(issuer: Issuer, found: Iterable[Billed], *, account: str = SALES_ACCOUNT) -> Iterator[str]:
    """Yield the file of invoices, one line of it per line item."""
    return table(INVOICE_COLUMNS, (_cells(issuer, one, line, account) for one in found for line in one.lines))


def payment_lines(found: Iterable[Moved]) -> Iterator[str]:
    """Yield the file of money; what went back is below zero."""
    return table(
        PAYMENT_COLUMNS,
        (
            (
                one.day.strftime(_DAY), one.amount, one.customer, f"{one.receipt} {one.method}".strip(),
                one.number, one.currency,
            )
            for one in found
        ),
    )  # fmt: skip


def tax_type(issuer: Issuer, line: BilledLine) -> str:
    """Return the name of a line's tax, as Xero begins with in that country."""
    australian = issuer.country == AUSTRALIA
    if line.taxed.category is not _C.STANDARD:
        return (_AUSTRALIAN if australian else _ELSEWHERE)[line.taxed.category]
    rate = f"{line.taxed.rate.normalize():f}"
    return "GST on Income" if australian and rate == "10" else f"{rate}% {issuer.tax_name} on Income"


def _cells(issuer: Issuer, one: Billed, line: BilledLine, account: str) -> list[object]:
    address = [*one.address[:3], ", ".join(one.address[3:])]
    postal = [*address, *[""] * (len(_POSTAL) - len(address))]
    due = one.total - one.paid
    return [
        one.customer, one.email, *postal, one.number, one.order, one.issued.strftime(_DAY),
        one.due.strftime(_DAY), one.total, one.tax, one.paid, due, "", line.description, line.quantity,
        line.unit_price, "", line.amount, account, tax_type(issuer, line), line.tax, one.currency,
        "Sales invoice", "Awaiting Payment" if due else "Paid",
    ]  # fmt: skip
