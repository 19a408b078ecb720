"""Sums that some lawful rounding reaches come in; sums that none reaches do not."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from itertools import product
from random import Random

import pytest

from paymail.services.imports import sums
from paymail.services.imports.sums import HostLine, Sums
from tests.services.imports.rounding_hosts import Billed, generate


def accepted(billed: Billed) -> bool:
    wrong = [sums.line_fault(line, billed.sums.rate, "AUD") for line in billed.lines]
    return not any(wrong) and not sums.faults(2, billed.sums, billed.lines)


def beyond(billed: Billed, random: Random) -> Iterator[Billed]:
    """Yield the invoice with each of its sums wrong by more than any rounding."""
    # Half a cent a line, at 25 % five eighths, and half a cent for the total: twice, for both directions.
    off = (2 + 5 * len(billed.lines) // 4 + random.randrange(1, 50)) * random.choice([-1, 1])
    stated = billed.sums
    yield replace(billed, sums=replace(stated, tax=stated.tax + off, total=stated.total + off))
    yield replace(billed, sums=replace(stated, subtotal=stated.subtotal + off, total=stated.total + off))
    yield replace(billed, sums=replace(stated, total=stated.total + random.choice([-1, 1])))
    line = random.choice(billed.lines)
    # A unit price stands for a price with tax within its last decimal, times the quantity.
    more = int(2 * line.quantity) + random.randrange(3, 50)
    changed = tuple(replace(x, amount=x.amount + more) if x is line else x for x in billed.lines)
    yield replace(billed, lines=changed, sums=replace(stated, subtotal=stated.subtotal + more))


def test_every_lawful_invoice_of_20000_comes_in_and_no_wrong_one() -> None:
    random = Random(15)
    refused, let_in = Counter[str](), Counter[str]()
    for _ in range(20_000):
        billed = generate(random)
        if not accepted(billed):
            refused[billed.way] += 1
        for wrong in beyond(billed, random):
            let_in[billed.way] += accepted(wrong)
    assert (refused, let_in.total()) == (Counter(), 0)


def taxes_of(net: int, rate: Decimal) -> set[int]:
    """Return every tax that a line of this net amount can have, by trying all prices with tax around it."""
    found = set()
    for mode in (ROUND_HALF_UP, ROUND_HALF_EVEN):
        found.add(int((net * rate / 100).quantize(Decimal(1), rounding=mode)))
        for price in range(net, 2 * net + 3):
            tax = int((price * rate / (100 + rate)).quantize(Decimal(1), rounding=mode))
            rest = int((price / (1 + rate / 100)).quantize(Decimal(1), rounding=mode))
            if price - tax == net:
                found.add(tax)
            if rest == net:
                found.add(price - rest)
    return found


@pytest.mark.parametrize("rate", ["5", "10", "19", "20", "25"])
def test_of_one_line_just_those_taxes_come_in_that_a_price_can_have(rate: str) -> None:
    for net in (*range(1, 300), 4545, 7500, 9999):
        line = HostLine(1, "x", Decimal(1), Decimal(net).scaleb(-2), net)
        about = round(net * int(rate) / 100)
        for tax in range(max(about - 4, 0), about + 5):
            stated = Sums("AUD", net, Decimal(rate), tax, net + tax)
            assert (not sums.faults(2, stated, [line])) == (tax in taxes_of(net, Decimal(rate))), (net, tax)


@pytest.mark.parametrize(
    ("lines", "subtotal", "tax", "difference"),
    [
        (((1, "45.45", 4545),), 4545, 454, -1),  # 49.99 / 11: the price has 4.54 of GST
        (((1, "45.45", 4545),), 4545, 455, 0),
        (((2, "12.17", 2434),), 2434, 243, 0),
        (((8, "45.45", 36356),), 36356, 3636, -4),  # 8 x 49.99 = 399.92, whose eleventh is 36.36
        (((1, "45.45", 4545),) * 8, 36356, 3636, -4),
    ],
)
def test_the_difference_from_our_own_rounding_is_known(
    lines: tuple[tuple[int, str, int], ...], subtotal: int, tax: int, difference: int
) -> None:
    found = [HostLine(at, "x", Decimal(n), Decimal(price), net) for at, (n, price, net) in enumerate(lines)]
    stated = Sums("AUD", subtotal, Decimal("10.00"), tax, subtotal + tax)
    assert accepted(Billed("", stated, tuple(found)))
    assert sums.rounding_difference(stated, found) == difference


@pytest.mark.parametrize(("currency", "price"), [("JPY", "4999"), ("KWD", "4.999")])
def test_a_currency_of_no_or_three_decimals_is_rounded_in_its_own_units(currency: str, price: str) -> None:
    line = HostLine(1, "x", Decimal(1), Decimal(price), 4999)
    assert sums.line_fault(line, Decimal(10), currency) == ""
    for tax, lawful in ((500, True), (498, False), (502, False)):
        assert (not sums.faults(2, Sums(currency, 4999, Decimal(10), tax, 4999 + tax), [line])) is lawful


def test_a_signed_sum_is_rounded_like_any_other() -> None:
    back, taken = (
        HostLine(1, "x", Decimal(1), Decimal("-0.05"), -5),
        HostLine(2, "x", Decimal(1), Decimal(1), 100),
    )
    for mixed, taxes in product([(back, taken)], (9, 10)):
        assert not sums.faults(2, Sums("AUD", 95, Decimal(10), taxes, 95 + taxes), mixed)
    assert sums.faults(2, Sums("AUD", 95, Decimal(10), 12, 107), (back, taken))


def test_an_invoice_of_thousands_of_lines_at_many_rates_is_refused_at_once() -> None:
    rates = [Decimal(rate) for rate in (5, 7, 10, 15, 19)]
    lines = [HostLine(at, "x", Decimal(1), Decimal("0.10"), 10, rates[at % 5]) for at in range(5_000)]
    assert sums.faults(2, Sums("AUD", 50_000, Decimal(10), 1, 50_001), lines)
