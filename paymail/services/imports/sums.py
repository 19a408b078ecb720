"""Whether the amounts of an invoice add up, as hosts round them."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext

from paymail.money import Money, round_half_up, to_decimal, to_minor
from paymail.services.imports.faults import Fault


@dataclass(frozen=True, slots=True)
class HostLine:
    """One checked line item; amount in minor units."""

    position: int
    description: str
    quantity: Decimal
    unit_price: Decimal
    amount: int


@dataclass(frozen=True, slots=True)
class Sums:
    """The totals that the host states, in minor units; `rate` in per cent."""

    currency: str
    subtotal: int
    rate: Decimal
    tax: int
    total: int


def line_fault(line: HostLine, code: str) -> str:
    """Return what is wrong with a line's amount; empty when it is quantity times unit price."""
    with localcontext(prec=80):  # two numbers of 30 digits: nothing is rounded before the end
        exact = round_half_up(line.quantity * line.unit_price, code)
    if exact == (stated := to_decimal(line.amount, code)):
        return ""
    return f"is {stated}, quantity x unit price is {exact}: off by {stated - exact}"


def faults(at: int, stated: Sums, lines: Sequence[HostLine]) -> list[Fault]:
    """Return what does not add up, each with the difference."""
    code = stated.currency

    def wrong(column: str, found: int, expected: int, rule: str) -> list[Fault]:
        if found == expected:
            return []
        off = to_decimal(found - expected, code)
        is_, right = Money(found, code).decimal, Money(expected, code).decimal
        return [Fault(at, column, f"is {is_}, {rule} is {right}: off by {off}")]

    found = wrong("subtotal", stated.subtotal, sum(line.amount for line in lines), "the sum of the lines")
    # Hosts round once per invoice or once per line; both are usual and both are theirs to choose.
    per_line = sum(_tax(line.amount, stated.rate, code) for line in lines)
    if stated.tax != per_line:
        expected = _tax(stated.subtotal, stated.rate, code)
        found += wrong("tax_amount", stated.tax, expected, f"{stated.rate}% of the subtotal")
    return found + wrong("total", stated.total, stated.subtotal + stated.tax, "subtotal + tax")


def _tax(amount: int, rate: Decimal, code: str) -> int:
    return to_minor(round_half_up(to_decimal(amount, code) * rate / 100, code), code)
