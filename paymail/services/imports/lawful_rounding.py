"""Whether some lawful rounding reaches the sums of an invoice.

Prices exclude tax or include it; tax is rounded per line or once per rate, or per line to more decimals and
then once; a half goes up or to the even neighbour. Each way is computed, and sums are accepted if they are
what one of them gives: no tolerance is added on top. Where prices include tax, the price itself is not in the
file. Then its possible values are those whole minor units that give the stated net amount.

Sources: GST Act 1999 s 9-90 (the rules of rounding; 2(b): "the number of decimal places allowed by the
accounting system"), s 9-75 (the price includes the GST: price/11).
Whole numbers throughout: an invoice has many lines, and a file many invoices.
"""

import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product

_MOST_SPLITS = 10_000
"""Ways to share a total among rates that are tried: above it only a file that is no invoice can be."""
_FINER = 10, 100
"""Tax per line may be kept to a tenth or a hundredth of the minor unit before it is added up."""
Rounding = Callable[[int, int], int]
"""Rounds the quotient of two numbers, the second above zero."""


@dataclass(frozen=True, slots=True)
class StatedLine:
    """A line's net amount as the host states it, and before rounding: both in minor units.

    `exact` and `rate` are numerators: of `Scale.exact` and `Scale.rate`.
    """

    amount: int
    exact: int
    rate: int


@dataclass(frozen=True, slots=True)
class Scale:
    """Denominators: `exact` of minor units, `rate` of a tax rate (100 and 10 make 10 %)."""

    exact: int
    rate: int


def half_up(number: int, by: int) -> int:
    """Round halves away from zero."""
    return (2 * number + by) // (2 * by) if number >= 0 else -((by - 2 * number) // (2 * by))


def _half_even(number: int, by: int) -> int:
    """Round halves to the even neighbour, as .NET and Python do."""
    whole, rest = divmod(number, by)
    return whole + (2 * rest > by or (2 * rest == by and whole % 2))


def _half_ceiling(number: int, by: int) -> int:
    """Round halves up, also below zero, as JavaScript does."""
    return (2 * number + by) // (2 * by)


def _half_down(number: int, by: int) -> int:
    """Round halves towards zero: what is left of a price when its net amount was rounded half up."""
    return -((by - 2 * number) // (2 * by)) if number >= 0 else (2 * number + by) // (2 * by)


_EXCLUSIVE: tuple[Rounding, ...] = (half_up, _half_even, _half_ceiling)
_INCLUSIVE: tuple[Rounding, ...] = (*_EXCLUSIVE, _half_down)


def reached(lines: Sequence[StatedLine], scale: Scale, subtotal: int, tax: int) -> bool:
    """Return whether some lawful rounding of these lines gives this subtotal and tax (minor units)."""
    return (
        any((subtotal, tax) in _from_net_prices(lines, scale, rounding) for rounding in _EXCLUSIVE)
        or any(_from_each_price(lines, scale.rate, subtotal, tax, rounding) for rounding in _INCLUSIVE)
        or any(_from_all_prices(lines, scale.rate, subtotal, tax, rounding) for rounding in _INCLUSIVE)
    )


def amount_left(charged: int, rate: int, whole: int) -> set[int]:
    """Return each net amount that a price with tax of `rate`/`whole` leaves, in its minor units."""
    return {charged - rounding(charged * rate, whole + rate) for rounding in _INCLUSIVE}


def _from_net_prices(
    lines: Sequence[StatedLine], scale: Scale, rounding: Rounding
) -> Iterator[tuple[int, int]]:
    """Yield the subtotals and taxes that prices without tax lead to."""
    stated = sum(line.amount for line in lines)
    unrounded = rounding(sum(line.exact for line in lines), scale.exact)
    finest = scale.exact * scale.rate
    nets = _sums((line.rate, line.amount) for line in lines)
    exacts = _sums((line.rate, line.exact) for line in lines)
    yield stated, sum(rounding(line.amount * line.rate, scale.rate) for line in lines)
    yield stated, sum(rounding(net * rate, scale.rate) for rate, net in nets.items())
    yield stated, rounding(sum(net * rate for rate, net in nets.items()), scale.rate)
    several = sum(line.rate > 0 for line in lines) > 1  # s 9-90(1): that of one supply is rounded once
    for finer in _FINER if several else ():
        parts = sum(rounding(line.amount * line.rate * finer, scale.rate) for line in lines)
        yield stated, rounding(parts, finer)
    for total in (stated, unrounded):
        yield total, sum(rounding(line.exact * line.rate, finest) for line in lines)
        yield total, sum(rounding(exact * rate, finest) for rate, exact in exacts.items())
        yield total, rounding(sum(exact * rate for rate, exact in exacts.items()), finest)
    if len(nets) == 1:
        yield unrounded, rounding(unrounded * lines[0].rate, scale.rate)


def _from_each_price(
    lines: Sequence[StatedLine], whole: int, subtotal: int, tax: int, rounding: Rounding
) -> bool:
    """Tell whether tax was taken out of prices and the rest are the lines: per line, or once per rate."""
    if subtotal != sum(line.amount for line in lines):
        return False
    nets = _sums((line.rate, line.amount) for line in lines)
    per_line = [_taxes_beside(line.amount, line.rate, whole, rounding) for line in lines]
    per_rate = [_taxes_beside(net, rate, whole, rounding) for rate, net in nets.items()]
    # What one line may have is one number or two neighbours, so that all between the ends are reached.
    return any(
        sum(found[0] for found in ways) <= tax <= sum(found[-1] for found in ways)
        for ways in (per_line, per_rate)
        if all(ways)
    )


def _taxes_beside(net: int, rate: int, whole: int, rounding: Rounding) -> list[int]:
    """Return each tax that, taken out of the price net + tax, leaves just this net amount."""
    about = net * rate // whole
    near = range(about - 1, about + 3)
    return [tax for tax in near if tax == rounding((net + tax) * rate, whole + rate)]


def _from_all_prices(
    lines: Sequence[StatedLine], whole: int, subtotal: int, tax: int, rounding: Rounding
) -> bool:
    """Tell whether tax was taken once per rate out of prices whose net values, each rounded, are the lines.

    The lines then need not add up to the subtotal: eight times 49.99 is 399.92, tax 36.36, subtotal 363.56,
    and eight lines of 45.45.
    """
    lows, highs = dict[int, int](), dict[int, int]()
    for line in lines:
        low, high = _prices(line.amount, line.rate, whole, rounding)
        lows[line.rate] = lows.get(line.rate, 0) + low
        highs[line.rate] = highs.get(line.rate, 0) + high
    if not sum(lows.values()) <= subtotal + tax <= sum(highs.values()):
        return False
    *others, last = sorted(lows, key=lambda rate: highs[rate] - lows[rate])
    choices = [range(lows[rate], highs[rate] + 1) for rate in others]
    if math.prod(map(len, choices)) > _MOST_SPLITS:
        return False
    count = Counter(line.rate for line in lines)
    for shares in product(*choices):
        rest = subtotal + tax - sum(shares)
        if lows[last] <= rest <= highs[last]:
            prices = [
                (rate, price, count[rate])
                for rate, price in zip((*others, last), (*shares, rest), strict=True)
            ]
            if tax in _taxes_in(prices, whole, rounding):
                return True
    return False


def _taxes_in(prices: Sequence[tuple[int, int, int]], whole: int, rounding: Rounding) -> Iterator[int]:
    """Yield the taxes in prices of several rates, each with its number of lines: once per rate, or for all.

    Several lines, each kept to a tenth of the minor unit, are off by up to a twentieth each.
    """
    exact = [Fraction(price * rate, whole + rate) for rate, price, _ in prices]
    counts = [lines if rate else 0 for rate, _, lines in prices]
    for sign in (0, -1, 1):
        per_rate = [tax + _off(sign * lines) for tax, lines in zip(exact, counts, strict=True)]
        yield sum(rounding(*tax.as_integer_ratio()) for tax in per_rate)
        yield rounding(*(sum(exact, Fraction()) + _off(sign * sum(counts))).as_integer_ratio())


def _off(lines: int) -> Fraction:
    return Fraction(lines, 2 * _FINER[0]) if abs(lines) > 1 else Fraction()


def _prices(net: int, rate: int, whole: int, rounding: Rounding) -> tuple[int, int]:
    """Return the lowest and the highest price with tax, in whole minor units, that gives this net amount."""
    about = net * (whole + rate) // whole
    near = range(about - 2, about + 4)
    found = [price for price in near if rounding(price * whole, whole + rate) == net]
    return (found[0], found[-1]) if found else (about, about - 1)


def _sums(values: Iterator[tuple[int, int]]) -> dict[int, int]:
    found: dict[int, int] = {}
    for rate, value in values:
        found[rate] = found.get(rate, 0) + value
    return found
