"""Whether the amounts of an invoice add up, as hosts round them, and how far from our own rounding."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from fractions import Fraction

from paymail.money import Money, exponent, round_half_up, to_decimal, to_minor
from paymail.services.imports.faults import Fault
from paymail.services.imports.lawful_rounding import Scale, StatedLine, amount_left, half_up, reached
from paymail.tax import LineTax, line_tax, tax_minor


@dataclass(frozen=True, slots=True)
class HostLine:
    """One checked line item; amount in minor units. Without a tax rate or category it has the invoice's."""

    position: int
    description: str
    quantity: Decimal
    unit_price: Decimal
    amount: int
    tax_rate: Decimal | None = None
    tax_category: str = ""


@dataclass(frozen=True, slots=True)
class Sums:
    """The totals that the host states, in minor units; `rate` in per cent."""

    currency: str
    subtotal: int
    rate: Decimal
    tax: int
    total: int


def line_fault(line: HostLine, rate: Decimal, code: str) -> str:
    """Return what is wrong with a line's amount; empty when it is quantity times unit price, as hosts round.

    That is within half a minor unit, half up or half even alike, or what tax leaves of a price that includes
    it. `rate` is the invoice's tax rate, in per cent.
    """
    with localcontext(prec=80):  # two numbers of 30 digits: nothing is rounded before the end
        product = line.quantity * line.unit_price
        stated = to_decimal(line.amount, code)
        exact = round_half_up(product, code)
        if stated == exact or 2 * abs(stated - product) <= Decimal(1).scaleb(-exponent(code)):
            return ""
    if _left_of_a_price(line, rate, code):
        return ""
    return f"is {stated}, quantity x unit price is {exact}: off by {stated - exact}"


def _left_of_a_price(line: HostLine, rate: Decimal, code: str) -> bool:
    """Tell whether the unit price is the net value of a price in whole minor units that leads to the amount.

    The file writes that net value with so many decimals: the currency's, or more.
    """
    own = Fraction(line_tax(line.tax_rate, line.tax_category, rate).rate) / 100
    units = 10 ** exponent(code)
    last = line.unit_price.normalize().as_tuple().exponent
    half_step = Fraction(units, 2 * 10 ** max(exponent(code), -last if isinstance(last, int) else 0))
    price = Fraction(line.unit_price) * units
    low, high = math.ceil((price - half_step) * (1 + own)), math.floor((price + half_step) * (1 + own))
    for with_tax in range(low, high + 1) if own else ():
        charged = Fraction(line.quantity) * with_tax
        for rounded in {half_up(*charged.as_integer_ratio()), round(charged)}:
            if line.amount in amount_left(rounded, own.numerator, own.denominator):
                return True
    return False


def faults(at: int, stated: Sums, lines: Sequence[HostLine]) -> list[Fault]:
    """Return what does not add up, each with the difference from our own rounding."""
    code = stated.currency

    def wrong(column: str, found: int, expected: int, rule: str, hint: str = "") -> list[Fault]:
        if found == expected:
            return []
        off = to_decimal(found - expected, code)
        is_, right = Money(found, code).decimal, Money(expected, code).decimal
        return [Fault(at, column, f"is {is_}, {rule} is {right}: off by {off}{hint}")]

    found: list[Fault] = []
    if not _add_up(stated, lines):
        by_rate = _by_rate(stated.rate, lines)
        found += wrong(
            "subtotal", stated.subtotal, sum(line.amount for line in lines), "the sum of the lines"
        )
        if len(by_rate) > 1:
            tax = sum(tax_minor(net, taxed.rate) for taxed, net in by_rate.items())
            found += wrong("tax_amount", stated.tax, tax, "the tax of the lines at their own rates")
        else:
            (rate,) = {taxed.rate for taxed in by_rate} or {stated.rate}
            expected = tax_minor(stated.subtotal, rate)
            hint = _HINT if len(lines) > 1 and all(line.tax_rate is None for line in lines) else ""
            found += wrong("tax_amount", stated.tax, expected, f"{rate}% of the subtotal", hint)
    return found + wrong("total", stated.total, stated.subtotal + stated.tax, "subtotal + tax")


_HINT = ". If the lines have different tax rates, give each its own in a column line_tax_rate"


def rounding_difference(stated: Sums, lines: Sequence[HostLine]) -> int:
    """Return how far the host's total is from ours, in minor units.

    We round a line half up, and tax half up once per rate.
    """
    ours: dict[LineTax, int] = {}
    with localcontext(prec=80):
        for line in lines:
            taxed = line_tax(line.tax_rate, line.tax_category, stated.rate)
            amount = to_minor(
                round_half_up(line.quantity * line.unit_price, stated.currency), stated.currency
            )
            ours[taxed] = ours.get(taxed, 0) + amount
    return stated.total - sum(net + tax_minor(net, taxed.rate) for taxed, net in ours.items())


def _add_up(stated: Sums, lines: Sequence[HostLine]) -> bool:
    if stated.subtotal == sum(line.amount for line in lines):
        by_rate = _by_rate(stated.rate, lines)
        if stated.tax == sum(tax_minor(net, taxed.rate) for taxed, net in by_rate.items()):
            return True  # as we round, and as most do: nothing else need be tried
    return reached(*_whole_numbers(stated, lines), stated.subtotal, stated.tax)


def _by_rate(rate: Decimal, lines: Sequence[HostLine]) -> dict[LineTax, int]:
    found: dict[LineTax, int] = {}
    for line in lines:
        taxed = line_tax(line.tax_rate, line.tax_category, rate)
        found[taxed] = found.get(taxed, 0) + line.amount
    return found


def _whole_numbers(stated: Sums, lines: Sequence[HostLine]) -> tuple[list[StatedLine], Scale]:
    """Return the lines as whole numbers of the finest decimals that one of them has."""
    with localcontext(prec=80):
        exact = [(line.quantity * line.unit_price).scaleb(exponent(stated.currency)) for line in lines]
        rates = [line_tax(line.tax_rate, line.tax_category, stated.rate).rate / 100 for line in lines]
        finest, finest_rate = _decimals(exact), _decimals(rates)
        found = [
            StatedLine(line.amount, int(value.scaleb(finest)), int(rate.scaleb(finest_rate)))
            for line, value, rate in zip(lines, exact, rates, strict=True)
        ]
    return found, Scale(10**finest, 10**finest_rate)


def _decimals(values: Sequence[Decimal]) -> int:
    """Return how many decimals the value with most of them has; 0 for whole ones."""
    exponents = [value.as_tuple().exponent for value in values]
    return max([0, *(-found for found in exponents if isinstance(found, int))])
