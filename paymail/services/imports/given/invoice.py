"""An invoice as a program or a person gives it, and the rows that an import makes of it.

What is not said is worked out where one rule gives it: amounts of lines, the sums, the state of the money.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, localcontext

from paymail.errors import InvalidInput
from paymail.models import PaymentStatus
from paymail.money import exponent, round_half_up, to_decimal, to_minor
from paymail.services.imports import fields, line_taxes
from paymail.services.imports.faults import BadValue, Fault
from paymail.services.imports.fields import Format, Row
from paymail.services.imports.header import HEAD_COLUMNS, LINE_COLUMNS, OPTIONAL_LINE_COLUMNS
from paymail.services.imports.invoice_check import HostInvoice, check_invoice, with_digest
from paymail.services.imports.numbers import DecimalMark
from paymail.services.imports.optional_fields import invoice_key
from paymail.services.imports.sources import InvoiceRows
from paymail.tax import line_tax, tax_minor

FORMAT = Format(mark=DecimalMark.POINT)
"""Programs write numbers with a point, and dates as ISO 8601."""
LINE_ONLY = frozenset([*LINE_COLUMNS, *OPTIONAL_LINE_COLUMNS])
"""Columns that say something of one line."""
_PLAIN = re.compile(r"-?\d{1,16}(\.\d{1,30})?", re.ASCII)
_NUMBERS = {"subtotal", "tax_rate", "tax_amount", "total", "amount_paid", "tax_amount_aud"}
_LINE_NUMBERS = {"quantity", "unit_price", "line_amount", "line_tax_rate"}


@dataclass(frozen=True, slots=True)
class GivenInvoice:
    """What is said of one invoice, by the columns of a file; what is not said is not there."""

    head: Row
    items: tuple[Row, ...]

    @property
    def ref(self) -> str:
        """The host's own id of it; empty where none was given."""
        return self.head.get("external_ref", "").strip()

    @property
    def number(self) -> str:
        """Its number as it is compared; empty where none was given."""
        return invoice_key(self.head.get("invoice_id", ""))

    def unsaid(self, known: Row) -> frozenset[str]:
        """Return which of the columns that paymail fills in are not given."""
        return frozenset(known.keys() - self.head.keys())


def rows_of(given: GivenInvoice, known: Row) -> InvoiceRows:
    """Return the rows of a given invoice, numbered from 1; `known` are columns that paymail fills in."""
    head = dict.fromkeys(HEAD_COLUMNS, "") | {"amount_paid": "0"} | known | given.head
    head["tax_rate"] = head["tax_rate"] or _common_rate(given.items)
    items = [_line(at, item, head["currency"]) for at, item in enumerate(given.items, 1)]
    head |= {name: value for name, value in _sums(head, items).items() if not head[name].strip()}
    head["payment_status"] = _payment_status(head)
    return [(at, head | item) for at, item in enumerate(items, 1)]


def check_given(rows: InvoiceRows, unsaid: frozenset[str] = frozenset()) -> HostInvoice | list[Fault]:
    """Return the invoice of such rows, or all that is wrong with it; a fault's line is the number of a row.

    Numbers are plain: `1,234` is an English thousand and a German one and a bit, and neither is guessed.
    A single address of a customer says nothing of further ones: those have a place of their own in JSON.
    """
    at_fault = [
        Fault(at, column, "is not a decimal number such as 1234.50")
        for at, row in rows
        for column in ((_NUMBERS if at == 1 else set()) | _LINE_NUMBERS) & row.keys()
        if row[column].strip() and not _PLAIN.fullmatch(row[column].strip())
    ]
    if not rows[0][1]["tax_rate"]:
        at_fault.append(Fault(1, "tax_rate", "is missing: give it, or the tax_rate of each item"))
    found = check_invoice(rows, FORMAT)
    if isinstance(found, HostInvoice) and not at_fault:
        return with_digest(replace(found, more_emails=found.more_emails or None, unsaid=unsaid))
    told = {(fault.line, fault.column) for fault in at_fault}
    more = found if isinstance(found, list) else []
    return sorted({*at_fault, *(fault for fault in more if (fault.line, fault.column) not in told)})


def _line(at: int, item: Row, currency: str) -> Row:
    line = dict.fromkeys(LINE_COLUMNS, "") | {"line": str(at)} | item
    if not line["line_amount"]:
        line["line_amount"] = _product(line, currency)
    return line


def _product(line: Row, currency: str) -> str:
    try:
        quantity = fields.decimal(line, "quantity", FORMAT)
        price = fields.decimal(line, "unit_price", FORMAT)
        with localcontext(prec=80):
            return str(round_half_up(quantity * price, currency))
    except (BadValue, InvalidInput):
        return "0"  # the fault is that of the quantity, the price or the currency


def _common_rate(items: Sequence[Row]) -> str:
    """Return the rate that all lines give for themselves, 0 if they differ; empty if one gives none."""
    try:
        rates = {line_taxes.own_rate(item, "line_tax_rate", FORMAT) for item in items}
    except BadValue:
        return "0"  # the line's fault
    if None in rates:
        return ""
    return str(rates.pop()) if len(rates) == 1 else "0"


def _sums(head: Row, items: Sequence[Row]) -> Row:
    """Return subtotal, tax and total as we round them, beside what is given of them; else zeros."""
    code = head["currency"].strip()
    try:
        amounts = [_taxed(item, head, code) for item in items]
        nets: dict[Decimal, int] = {}
        for net, rate in amounts:
            nets[rate] = nets.get(rate, 0) + net
        ours = {
            "subtotal": sum(nets.values()),
            "tax_amount": sum(tax_minor(net, rate) for rate, net in nets.items()),
        }
        given = {name: _minor(head, name, code) for name in ours if head[name].strip()}
        total = sum((ours | given).values())
        return {name: str(to_decimal(minor, code)) for name, minor in (ours | {"total": total}).items()}
    except (BadValue, InvalidInput):
        return dict.fromkeys(("subtotal", "tax_amount", "total"), "0")


def _taxed(item: Row, head: Row, code: str) -> tuple[int, Decimal]:
    own = line_taxes.own_rate(item, "line_tax_rate", FORMAT)
    rate = fields.rate(head, "tax_rate", FORMAT)
    return _minor(item, "line_amount", code), line_tax(own, "", rate).rate


def _minor(row: Row, column: str, code: str) -> int:
    return to_minor(fields.decimal(row, column, FORMAT, code), code)


def _payment_status(head: Row) -> str:
    """Return what the host's amounts say: its own words for it are not asked."""
    code = head["currency"].strip()
    try:
        exponent(code)
        paid, total = _minor(head, "amount_paid", code), _minor(head, "total", code)
    except (BadValue, InvalidInput):
        return PaymentStatus.UNPAID
    if not paid:
        return PaymentStatus.UNPAID
    return PaymentStatus.PAID if paid >= total else PaymentStatus.PARTIAL
