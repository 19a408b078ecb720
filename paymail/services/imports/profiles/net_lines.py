"""Lines without their tax, each with its rate: as stated, or what tax leaves of a price that includes it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, localcontext

from paymail.errors import InvalidInput
from paymail.money import exponent, round_half_up, to_minor
from paymail.services.imports import sums
from paymail.services.imports.profiles.amounts import amount_text, plain
from paymail.services.imports.profiles.given_lines import GivenLine
from paymail.services.imports.profiles.line_tax_names import charged_rate
from paymail.services.imports.profiles.profile import OUTSIDE, NamedTax
from paymail.services.imports.sums import HostLine

_FINEST = Decimal("1e-6")


@dataclass(frozen=True, slots=True)
class NetLine:
    """One line as we hold it: price and amount without tax, in units of the currency."""

    at: int
    description: str
    quantity: Decimal
    price: Decimal
    amount: Decimal
    tax: NamedTax


def net_lines(
    lines: Sequence[GivenLine], code: str, *, with_tax: bool, invoice_tax: Decimal | None
) -> list[NetLine]:
    """Return the lines without tax; what cannot be told is kept by their cells.

    `invoice_tax` is the tax of the whole invoice: the only one of an invoice with one line.
    """
    alone = invoice_tax if len(lines) == 1 or invoice_tax == 0 else None
    return [found for line in lines if (found := _net(line, code, with_tax, alone)) is not None]


def _net(line: GivenLine, code: str, with_tax: bool, alone: Decimal | None) -> NetLine | None:
    charged = line.tax if line.tax is not None or alone is None else alone
    tax = line.named
    if tax is None and charged is not None:
        net = line.amount - charged if with_tax else line.amount
        rate = charged_rate(net, charged, code)
        tax = None if rate is None else NamedTax(rate) if rate else OUTSIDE
    if tax is None:
        column = "line_tax_name" if line.cells.text("line_tax_name") else "line_tax_rate"
        reason = "the file does not say which tax the line has"
        if charged:
            tax_text, text = amount_text(charged, code), amount_text(line.amount, code)
            reason = f"a tax of {tax_text} on {text} fits several rates: say the rate in the file"
        line.cells.refuse(column, reason)
        return None
    if with_tax and tax.rate:
        return _without_tax(line, tax, code)
    if not _is_product(line, code) and line.note:
        return _in_one(line, line.amount, tax)
    text = "\n".join(filter(None, [line.description, line.note]))
    return NetLine(line.cells.at, text, line.quantity, line.price, line.amount, tax)


def _without_tax(line: GivenLine, tax: NamedTax, code: str) -> NetLine | None:
    if not _is_product(line, code):
        stated, product = (amount_text(one, code) for one in (line.amount, line.quantity * line.price))
        line.cells.refuse("line_amount", f"is {stated}, quantity x price is {product}")
        return None
    with localcontext(prec=40):
        price = (line.price * 100 / (100 + tax.rate)).quantize(_FINEST)
        amount = round_half_up(line.amount * 100 / (100 + tax.rate), code)
    if line.tax is not None:
        amount = line.amount - line.tax
    text = f"{line.description}\n{line.note}, with tax" if line.note else line.description
    found = NetLine(line.cells.at, text, line.quantity, price, amount, tax)
    if _is_sound(found, code):
        return found
    note = line.note or f"{plain(line.quantity)} x {amount_text(line.price, code)}"
    return _in_one(replace(line, note=f"{note}, with tax"), amount, tax)


def _in_one(line: GivenLine, amount: Decimal, tax: NamedTax) -> NetLine:
    """Return the line as one piece of its whole amount: no price of ours leads to it."""
    return NetLine(line.cells.at, f"{line.description}\n{line.note}".strip(), Decimal(1), amount, amount, tax)


def _is_product(line: GivenLine, code: str) -> bool:
    """Whether the amount is quantity times price, rounded half up or half even."""
    with localcontext(prec=80):
        return 2 * abs(line.amount - line.quantity * line.price) <= Decimal(1).scaleb(-exponent(code))


def _is_sound(line: NetLine, code: str) -> bool:
    try:
        minor = to_minor(line.amount, code)
    except InvalidInput:
        return True  # which the invoice's own check says
    found = HostLine(1, line.description, line.quantity, line.price, minor, line.tax.rate)
    return not sums.line_fault(found, line.tax.rate, code)
