"""MYOB AccountRight: service sales, and payments of customers, as tab-delimited text.

Source: MYOB Help, "Import and export fields" (Service Sales; Receive Payments), "Importing data". Sales are
set apart from each other by an empty line. The tax codes are those of MYOB in Australia; customers are
matched by name, so their cards come first.
"""

from collections.abc import Iterable, Iterator

from paymail.services.exports.billed import Billed, BilledLine, Moved
from paymail.services.exports.csv_lines import line as line_of
from paymail.services.exports.csv_lines import safe
from paymail.tax import TaxCategory

SALES_ACCOUNT, DEPOSIT_ACCOUNT = "4-1000", "1-1110"
_DAY = "%d/%m/%Y"
SALE_COLUMNS = (
    "Co./Last Name", "First Name", "Addr 1 - Line 1", "- Line 2", "- Line 3", "- Line 4", "Inclusive",
    "Invoice No.", "Date", "Customer PO", "Description", "Account No.", "Amount", "Inc-Tax Amount",
    "Journal Memo", "Tax Code", "GST Amount", "Sale Status", "Currency Code", "Terms - Payment is Due",
    "- Balance Due Days",
)  # fmt: skip
PAYMENT_COLUMNS = (
    "Co./Last Name", "First Name", "Deposit Account No.", "ID No.", "Receipt Date", "Invoice No.",
    "Amount Applied", "Memo", "Currency Code", "Payment Method",
)  # fmt: skip
IN_DAYS = "2"
"""Of "Payment is Due": in a number of days."""
_CODES = {
    TaxCategory.STANDARD: "GST",
    TaxCategory.ZERO: "FRE",
    TaxCategory.EXEMPT: "ITS",
    TaxCategory.REVERSE_CHARGE: "N-T",
    TaxCategory.OUTSIDE_SCOPE: "N-T",
}


def sale_lines(found: Iterable[Billed], *, account: str = SALES_ACCOUNT) -> Iterator[str]:
    """Yield the file of sales, one line of it per line item."""
    yield _line(SALE_COLUMNS)
    for one in found:
        for line in one.lines:
            yield _line(_sale(one, line, account))
        yield "\n"


def payment_lines(found: Iterable[Moved], *, account: str = DEPOSIT_ACCOUNT) -> Iterator[str]:
    """Yield the file of payments. What went back has no place in it: enter refunds by hand."""
    yield _line(PAYMENT_COLUMNS)
    for one in found:
        if one.amount > 0:
            yield _line([
                one.customer, "", account, one.receipt, one.day.strftime(_DAY), one.number, one.amount,
                one.reference, one.currency, one.method,
            ])  # fmt: skip


def _sale(one: Billed, line: BilledLine, account: str) -> list[object]:
    address = [*one.address[:3], ", ".join(one.address[3:])]
    return [
        one.customer, "", *address, *[""] * (4 - len(address)), "", one.number, one.issued.strftime(_DAY),
        one.order, line.description, account, line.amount, line.amount + line.tax, f"Sale; {one.customer}",
        _CODES[line.taxed.category], line.tax, "I", one.currency, IN_DAYS, (one.due - one.issued).days,
    ]  # fmt: skip


def _line(cells: Iterable[object]) -> str:
    """Return one line; a tab or a line break inside of a cell would end it."""
    plain = [" ".join(one.split()) if isinstance(one, str) else one for one in cells]
    return line_of([safe(one) for one in plain], delimiter="\t")
