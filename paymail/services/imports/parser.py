"""From CSV text to checked invoices; every fault is collected with its line."""

import csv
import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from decimal import Decimal
from functools import partial
from typing import TypeVar

from paymail.models import InvoiceStatus, PaymentStatus
from paymail.money import Money, round_half_up, to_decimal, to_minor
from paymail.services.imports import fields
from paymail.services.imports.faults import BadValue, Fault, shown
from paymail.services.imports.fields import Row

HEAD_COLUMNS = (
    "invoice_id customer_name customer_email currency issued_date due_date status payment_status"
    " subtotal tax_rate tax_amount total amount_paid"
).split()
LINE_COLUMNS = "line description quantity unit_price line_amount".split()
COLUMNS = [*HEAD_COLUMNS, *LINE_COLUMNS]
Checked = TypeVar("Checked")
HOST_PAYMENT_STATUSES = (PaymentStatus.UNPAID, PaymentStatus.PARTIAL, PaymentStatus.PAID)


@dataclass(frozen=True, slots=True)
class HostLine:
    """One checked line item; amount in minor units."""

    position: int
    description: str
    quantity: Decimal
    unit_price: Decimal
    amount: int


@dataclass(frozen=True, slots=True)
class HostInvoice:
    """One checked invoice of the file; amounts in minor units. `at` is its first line in the file."""

    at: int
    invoice_id: int
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


@dataclass(slots=True)
class Parsed:
    """The file: sound invoices, and faults. An invoice with any fault is not among the sound ones."""

    invoices: list[HostInvoice] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    rows: int = 0
    faulty: int = 0


def parse(lines: Iterable[str]) -> Parsed:
    """Read and check a whole export. `lines` are of a text file opened with `newline=""`."""
    parsed = Parsed()
    groups: dict[str, list[tuple[int, Row]]] = {}
    try:
        for line, row in _rows(lines, parsed):
            parsed.rows += 1
            groups.setdefault(row["invoice_id"].strip(), []).append((line, row))
    except (csv.Error, UnicodeDecodeError) as error:
        parsed.faults.append(Fault(parsed.rows + 2, "", f"the rest of the file cannot be read: {error}"))
    for rows in groups.values():
        _check_group(rows, parsed)
    parsed.faults = sorted(set(parsed.faults))
    return parsed


def _rows(lines: Iterable[str], parsed: Parsed) -> Iterator[tuple[int, Row]]:
    reader = csv.reader(lines, strict=True)
    header = [name.strip().removeprefix("\ufeff") for name in next(reader, [])]
    wrong = [f"is missing {c}" for c in COLUMNS if c not in header]
    wrong += [f"has an unknown column {shown(c)}" for c in header if c not in COLUMNS]
    wrong += [f"has {c} twice" for c in COLUMNS if header.count(c) > 1]
    if wrong:
        parsed.faults.extend(Fault(1, "", f"the header {reason}") for reason in wrong)
        return
    start = reader.line_num + 1
    for values in reader:
        # A quoted line break makes a row span lines; people look for the first of them.
        line, start = start, reader.line_num + 1
        if not values:
            continue
        if len(values) != len(header):
            parsed.faults.append(Fault(line, "", f"has {len(values)} fields instead of {len(header)}"))
            parsed.rows += 1
            continue
        yield line, dict(zip(header, values, strict=True))


def _check_group(rows: list[tuple[int, Row]], parsed: Parsed) -> None:
    faults: list[Fault] = []
    first_line, first = rows[0]
    invoice = _collect(faults, first_line, lambda: _invoice(first_line, first))
    positions: dict[int, int] = {}
    lines: list[HostLine] = []
    for at, row in rows:
        faults += _disagreements(first_line, first, at, row)
        line = _collect(faults, at, partial(_line, row))
        if line is None:
            continue
        if line.position in positions:
            faults.append(
                Fault(at, "line", f"line {line.position} is already on row {positions[line.position]}")
            )
        positions.setdefault(line.position, at)
        lines.append(line)
    if invoice is not None and len(lines) == len(rows):
        faults += _sums(invoice, lines)
    if faults or invoice is None:
        parsed.faults += faults
        parsed.faulty += 1
        return
    parsed.invoices.append(_with_lines(invoice, lines))


def _collect(faults: list[Fault], line: int, check: Callable[[], Checked]) -> Checked | None:
    try:
        return check()
    except BadValue as bad:
        faults.append(Fault(line, bad.column, str(bad)))
        return None


def _disagreements(first_line: int, first: Row, line: int, row: Row) -> list[Fault]:
    return [
        Fault(line, c, f"{shown(row[c])} differs from {shown(first[c])} on line {first_line}")
        for c in HEAD_COLUMNS
        if row[c].strip() != first[c].strip()
    ]


def _invoice(at: int, row: Row) -> HostInvoice:
    code = fields.currency(row, "currency")
    rate = fields.decimal(row, "tax_rate")
    if not 0 <= rate <= 100:
        raise BadValue("tax_rate", f"{rate} is not between 0 and 100")
    invoice = HostInvoice(
        at=at,
        invoice_id=fields.number(row, "invoice_id"),
        customer_name=fields.text(row, "customer_name", 300),
        customer_email=fields.email(row, "customer_email"),
        currency=code,
        issued=fields.day(row, "issued_date"),
        due=fields.day(row, "due_date"),
        status=fields.choice(row, "status", tuple(InvoiceStatus)),
        payment_status=fields.choice(row, "payment_status", HOST_PAYMENT_STATUSES),
        subtotal=fields.amount(row, "subtotal", code),
        tax_rate=rate,
        tax=fields.amount(row, "tax_amount", code),
        total=fields.amount(row, "total", code),
        paid=fields.amount(row, "amount_paid", code),
        lines=(),
        digest="",
    )
    if invoice.due < invoice.issued:
        raise BadValue("due_date", f"{invoice.due} is before the issue date {invoice.issued}")
    return invoice


def _line(row: Row) -> HostLine:
    code = fields.currency(row, "currency")
    line = HostLine(
        position=fields.number(row, "line"),
        description=fields.text(row, "description", 2000),
        quantity=fields.decimal(row, "quantity"),
        unit_price=fields.decimal(row, "unit_price"),
        amount=fields.amount(row, "line_amount", code, negative=True),
    )
    exact = round_half_up(line.quantity * line.unit_price, code)
    if exact != (stated := to_decimal(line.amount, code)):
        raise BadValue(
            "line_amount", f"is {stated}, quantity x unit price is {exact}: off by {stated - exact}"
        )
    return line


def _sums(invoice: HostInvoice, lines: list[HostLine]) -> list[Fault]:
    code = invoice.currency

    def wrong(column: str, stated: int, expected: int, rule: str) -> list[Fault]:
        if stated == expected:
            return []
        off = to_decimal(stated - expected, code)
        found, right = Money(stated, code).decimal, Money(expected, code).decimal
        return [Fault(invoice.at, column, f"is {found}, {rule} is {right}: off by {off}")]

    faults = wrong("subtotal", invoice.subtotal, sum(line.amount for line in lines), "the sum of the lines")
    # Hosts round once per invoice or once per line; both are usual and both are theirs to choose.
    per_line = sum(_tax(line.amount, invoice.tax_rate, code) for line in lines)
    if invoice.tax != per_line:
        expected = _tax(invoice.subtotal, invoice.tax_rate, code)
        faults += wrong("tax_amount", invoice.tax, expected, f"{invoice.tax_rate}% of the subtotal")
    faults += wrong("total", invoice.total, invoice.subtotal + invoice.tax, "subtotal + tax")
    return faults + _payment_faults(invoice)


def _tax(amount: int, rate: Decimal, code: str) -> int:
    return to_minor(round_half_up(to_decimal(amount, code) * rate / 100, code), code)


def _payment_faults(invoice: HostInvoice) -> list[Fault]:
    agrees = {
        PaymentStatus.UNPAID: invoice.paid == 0,
        PaymentStatus.PARTIAL: 0 < invoice.paid < invoice.total,
        PaymentStatus.PAID: invoice.paid == invoice.total,
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
    complete = replace(invoice, lines=tuple(sorted(lines, key=lambda line: line.position)))
    content = replace(complete, at=0)
    canonical = json.dumps(asdict(content), sort_keys=True, default=str)
    return replace(complete, digest=hashlib.sha256(canonical.encode()).hexdigest())
