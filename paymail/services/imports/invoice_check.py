"""The rows of one invoice, checked: either an invoice, or everything that is wrong with it at once."""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Concatenate, ParamSpec, TypeVar

from paymail.models import InvoiceStatus, PaymentStatus
from paymail.money import Money
from paymail.services.imports import fields, line_taxes, optional_fields, sums
from paymail.services.imports.credit_notes import credit_note_fault
from paymail.services.imports.faults import BadValue, Fault
from paymail.services.imports.fields import Format, Row
from paymail.services.imports.row_agreement import LINK, disagreements
from paymail.services.imports.sums import HostLine

HOST_PAYMENT_STATUSES = (PaymentStatus.UNPAID, PaymentStatus.PARTIAL, PaymentStatus.PAID)
LONGEST_DESCRIPTION = 5000
Value = TypeVar("Value")
P = ParamSpec("P")


@dataclass(frozen=True, slots=True)
class HostInvoice:
    """One checked invoice of the file; amounts in minor units. `at` is its first line in the file.

    Of the optional columns None says that the file does not have it, an empty text that the host has none.
    """

    at: int
    number: str
    customer_name: str
    customer_email: str
    currency: str
    issued: date
    due: date
    status: InvoiceStatus
    payment_status: PaymentStatus
    subtotal: int
    tax_rate: Decimal
    tax: int
    total: int
    paid: int
    lines: tuple[HostLine, ...]
    digest: str
    payment_token: str | None = field(default=None, repr=False)
    """The link that the host has mailed already. Secret."""
    more_emails: tuple[str, ...] | None = ()
    """Who is written to beside the customer's own address; None: nothing is said of that."""
    external_ref: str | None = None
    customer_ref: str | None = None
    customer_tax_id: str | None = None
    customer_address: str | None = None
    customer_country: str | None = None
    customer_attention: str | None = None
    tax_amount_aud: int | None = None
    """In Australian cents; 0: the host has none."""
    purchase_order: str | None = None
    terms: str | None = None
    notes: str | None = None
    metadata: str | None = None
    namesake: bool = False
    """Whether the file itself gives the customer's name more than one address."""
    unsaid: frozenset[str] = frozenset()
    """Columns that the host left out and paymail filled in; see `unsaid_columns`."""
    only_new: bool = False
    """Whether it must not be one that is known."""

    @property
    def sums(self) -> sums.Sums:
        """The totals that the host states."""
        return sums.Sums(self.currency, self.subtotal, self.tax_rate, self.tax, self.total)

    @property
    def rounding_difference(self) -> int:
        """How far the host's total is from ours, in minor units."""
        return sums.rounding_difference(self.sums, self.lines)


class _Cells:
    """The cells of one row: each is read by itself, and its fault is kept."""

    def __init__(self, at: int, row: Row, faults: list[Fault]) -> None:
        self.at, self._row, self._faults = at, row, faults
        self.sound = True

    def read(
        self, check: Callable[Concatenate[Row, str, P], Value], column: str, *args: P.args, **more: P.kwargs
    ) -> Value | None:
        try:
            return check(self._row, column, *args, **more)
        except BadValue as bad:
            self.refuse(bad.column, str(bad))
            return None

    def currency(self) -> str:
        """Return the currency of the row, empty where it is none, which the invoice's own check says."""
        try:
            return fields.currency(self._row, "currency")
        except BadValue:
            return ""

    def refuse(self, column: str, reason: str) -> None:
        self.sound = False
        self._faults.append(Fault(self.at, column, reason))


def check_invoice(rows: Sequence[tuple[int, Row]], form: Format) -> HostInvoice | list[Fault]:
    """Return the invoice of these rows, or all that is wrong with it."""
    faults: list[Fault] = []
    first_line, first = rows[0]
    if (credit := credit_note_fault(first_line, first, form)) is not None:
        return [credit]
    invoice = _invoice(_Cells(first_line, first, faults), form)
    rate = invoice.tax_rate if invoice is not None else line_taxes.invoice_rate(first, form)
    positions: dict[int, int] = {}
    lines: list[HostLine] = []
    for at, row in rows:
        faults += disagreements(first_line, first, at, row, form)
        line = _line(_Cells(at, row, faults), form, positions, rate)
        if line is not None:
            lines.append(line)
    if invoice is not None and len(lines) == len(rows):
        faults += sums.faults(invoice.at, invoice.sums, lines)
        faults += _payment_faults(invoice)
    if faults or invoice is None:
        return faults
    return _with_lines(invoice, lines)


def _invoice(cells: _Cells, form: Format) -> HostInvoice | None:
    code = cells.read(fields.currency, "currency")
    emails = cells.read(fields.emails, "customer_email") or ()
    money = {
        column: cells.read(fields.amount, column, code, form) if code else None
        for column in ("subtotal", "tax_amount", "total", "amount_paid")
    }
    found = {
        "at": cells.at,
        "number": cells.read(optional_fields.invoice_number, "invoice_id"),
        "customer_name": cells.read(fields.text, "customer_name", 300),
        "customer_email": emails[0] if emails else None,
        "more_emails": emails[1:],
        "currency": code,
        "issued": cells.read(fields.day, "issued_date", form),
        "due": cells.read(fields.day, "due_date", form),
        "status": cells.read(fields.choice, "status", tuple(InvoiceStatus)),
        "payment_status": cells.read(fields.choice, "payment_status", HOST_PAYMENT_STATUSES),
        "subtotal": money["subtotal"],
        "tax_rate": cells.read(fields.rate, "tax_rate", form),
        "tax": money["tax_amount"],
        "total": money["total"],
        "paid": money["amount_paid"],
        **_optional(cells, form),
        LINK: cells.read(fields.token, LINK),
    }
    issued, due = found["issued"], found["due"]
    if isinstance(issued, date) and isinstance(due, date) and due < issued:
        cells.refuse("due_date", f"{due} is before the issue date {issued}")
    if not cells.sound:
        return None
    return HostInvoice(**found, lines=(), digest="")  # type: ignore[arg-type]  # sound: each has its type


def _optional(cells: _Cells, form: Format) -> dict[str, object]:
    ref, word, paragraph = optional_fields.LONGEST_REF, optional_fields.word, optional_fields.paragraph
    return {
        "external_ref": cells.read(word, "external_ref", ref),
        "customer_ref": cells.read(word, "customer_ref", ref),
        "customer_tax_id": cells.read(word, "customer_tax_id", 60),
        "customer_address": cells.read(paragraph, "customer_address"),
        "customer_country": cells.read(optional_fields.country, "customer_country"),
        "customer_attention": cells.read(word, "customer_attention", 200),
        "tax_amount_aud": cells.read(optional_fields.australian_dollars, "tax_amount_aud", form),
        "purchase_order": cells.read(word, "purchase_order", 100),
        "terms": cells.read(paragraph, "terms"),
        "notes": cells.read(paragraph, "notes"),
        "metadata": cells.read(optional_fields.metadata, "metadata"),
    }


def _line(cells: _Cells, form: Format, positions: dict[int, int], rate: Decimal) -> HostLine | None:
    code = cells.currency()
    position = cells.read(fields.number, "line", fields.LARGEST_POSITION)
    description = cells.read(fields.lines_of_text, "description", LONGEST_DESCRIPTION)
    quantity = cells.read(fields.decimal, "quantity", form, code)
    unit_price = cells.read(fields.decimal, "unit_price", form, code)
    amount = cells.read(fields.amount, "line_amount", code, form, negative=True) if code else None
    own_rate = cells.read(line_taxes.own_rate, "line_tax_rate", form)
    category = cells.read(line_taxes.own_category, "line_tax_category", form, rate)
    if position is not None and position in positions:
        cells.refuse("line", f"line {position} is already on row {positions[position]}")
    if position is not None:
        positions.setdefault(position, cells.at)
    if not code or not cells.sound:
        return None
    assert position and description and quantity is not None  # noqa: S101, PT018 - sound
    assert unit_price is not None and amount is not None and category is not None  # noqa: S101, PT018 - sound
    line = HostLine(position, description, quantity, unit_price, amount, own_rate, category)
    if reason := sums.line_fault(line, rate, code):
        cells.refuse("line_amount", reason)
        return None
    return line


def _payment_faults(invoice: HostInvoice) -> list[Fault]:
    agrees = {
        PaymentStatus.UNPAID: invoice.paid == 0,
        PaymentStatus.PARTIAL: 0 < invoice.paid < invoice.total,
        PaymentStatus.PAID: invoice.paid >= invoice.total,  # beyond it: overpaid, and shown as such
    }[invoice.payment_status]
    if not agrees:
        paid, total = Money(invoice.paid, invoice.currency), Money(invoice.total, invoice.currency)
        return [
            Fault(invoice.at, "amount_paid", f"{paid} of {total} does not match {invoice.payment_status}")
        ]
    if invoice.paid and invoice.status is InvoiceStatus.DRAFT:
        return [Fault(invoice.at, "amount_paid", "a draft cannot have been paid")]
    return []


def _with_lines(invoice: HostInvoice, lines: list[HostLine]) -> HostInvoice:
    return with_digest(replace(invoice, lines=tuple(sorted(lines, key=lambda line: line.position))))


def with_digest(invoice: HostInvoice) -> HostInvoice:
    """Return the invoice with the digest of what it says."""
    content = _content(replace(invoice, at=0, namesake=False, digest=""))
    canonical = json.dumps(content, sort_keys=True, default=str)
    return replace(invoice, digest=hashlib.sha256(canonical.encode()).hexdigest())


def _content(invoice: HostInvoice) -> dict[str, object]:
    """Return what the digest is of. What came later and is not said is no part of it, as before."""
    found = asdict(invoice)
    for column in (LINK, "unsaid", "only_new"):
        del found[column]
    for column in ("customer_attention", "tax_amount_aud"):
        if found[column] is None:
            del found[column]
    for line in found["lines"]:
        for key in ("tax_rate", "tax_category"):
            if line[key] in (None, ""):
                del line[key]
    return found
