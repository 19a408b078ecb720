"""The files of a period, by name: what pages and commands offer alike."""

from collections.abc import Iterator
from enum import StrEnum

from sqlalchemy.orm import Session

from paymail.errors import InvalidInput
from paymail.models import Issuer
from paymail.money import to_decimal
from paymail.services.exports import myob, xero
from paymail.services.exports.billed import billed, moved
from paymail.services.exports.csv_lines import table
from paymail.services.exports.gst_report import Basis, GstRow, home_of, rows
from paymail.services.exports.period import Period

LONGEST_ACCOUNT = 20


class BadAccount(InvalidInput):
    """The code of an account is no short printable text."""

    code = "bad_account"


class Layout(StrEnum):
    """A file for an accounting system."""

    XERO_INVOICES = "xero-invoices"
    XERO_PAYMENTS = "xero-payments"
    MYOB_SALES = "myob-sales"
    MYOB_PAYMENTS = "myob-payments"

    @property
    def file(self) -> str:
        """What the file is called."""
        return f"{self}.{'txt' if self in (Layout.MYOB_SALES, Layout.MYOB_PAYMENTS) else 'csv'}"


ACCOUNTS = {
    Layout.XERO_INVOICES: xero.SALES_ACCOUNT,
    Layout.XERO_PAYMENTS: "",
    Layout.MYOB_SALES: myob.SALES_ACCOUNT,
    Layout.MYOB_PAYMENTS: myob.DEPOSIT_ACCOUNT,
}
"""The account that each file names, in the chart that its system begins with."""


def layout_lines(
    session: Session, *, issuer: Issuer, span: Period, layout: Layout, account: str = ""
) -> Iterator[str]:
    """Yield the lines of a file; without an `account` that of ACCOUNTS. Raises BadAccount, BadCalendar."""
    if len(account) > LONGEST_ACCOUNT or not account.isprintable():
        raise BadAccount(f"enter the code of an account, at most {LONGEST_ACCOUNT} characters")
    named = account or ACCOUNTS[layout]
    match layout:
        case Layout.XERO_INVOICES:
            found = billed(session, issuer=issuer, span=span)
            return xero.invoice_lines(issuer, found, account=named)
        case Layout.XERO_PAYMENTS:
            return xero.payment_lines(moved(session, issuer=issuer, span=span))
        case Layout.MYOB_SALES:
            return myob.sale_lines(billed(session, issuer=issuer, span=span), account=named)
        case Layout.MYOB_PAYMENTS:
            return myob.payment_lines(moved(session, issuer=issuer, span=span), account=named)


def gst_lines(session: Session, *, issuer: Issuer, span: Period, basis: Basis) -> Iterator[str]:
    """Yield every line of the GST report as CSV: what its figures are made of. Raises BadCalendar."""
    home = home_of(issuer)
    head = (
        "day",
        "invoice",
        "customer",
        "what",
        "reference",
        "currency",
        "amount",
        f"sales_{home}",
        f"gst_{home}",
    )

    def cells(row: GstRow) -> tuple[object, ...]:
        one = row.counted
        return (
            one.day, row.number, row.customer, one.kind, one.reference, row.currency,
            to_decimal(one.amount, row.currency),
            "" if one.sales is None else to_decimal(one.sales, home),
            "" if one.gst is None else to_decimal(one.gst, home),
        )  # fmt: skip

    return table(head, map(cells, rows(session, issuer=issuer, span=span, basis=basis)))
