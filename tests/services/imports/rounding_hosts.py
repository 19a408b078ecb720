"""Hosts of tests that round as the law lets them, each in its own way, with `Decimal` and no code of ours."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from random import Random

from paymail.services.imports.sums import HostLine, Sums

CENT = Decimal("0.01")
Lines = Sequence[tuple[Decimal, Decimal, Decimal]]
"""Quantity, unit price (with or without tax) and rate in per cent."""


@dataclass(frozen=True)
class Billed:
    """An invoice as a host exports it, and how it was rounded."""

    way: str
    sums: Sums
    lines: tuple[HostLine, ...]


def generate(random: Random) -> Billed:
    """Return an invoice of 1 to 8 lines at rates of 5 to 25 %, some of them mixed or free of tax."""
    rates = random.choice([[1], [1, 0], [1, 2], [1, 2, 0]])
    chosen = [rate and Decimal(random.choice(["5", "7.7", "10", "15", "19", "20", "25"])) for rate in rates]
    lines = [
        (
            Decimal(random.choice(["1", "1", "2", "3", "12", "0.25", "2.5", "1.75"])),
            Decimal(random.randrange(1, 20_000)).scaleb(-2),
            Decimal(random.choice(chosen)),
        )
        for _ in range(random.randint(1, 8))
    ]
    return random.choice(HOSTS)(lines, random.choice([ROUND_HALF_UP, ROUND_HALF_EVEN]), random)


def per_line(lines: Lines, mode: str, _random: Random) -> Billed:
    """Prices without tax; each line's tax is rounded."""
    nets = [_cents(quantity * price, mode) for quantity, price, _ in lines]
    tax = sum((_cents(net * rate / 100, mode) for net, (*_, rate) in zip(nets, lines, strict=True)), CENT * 0)
    return _billed("per line", lines, nets, sum(nets), tax)


def on_total(lines: Lines, mode: str, _random: Random) -> Billed:
    """Prices without tax; tax once per rate on the sum of the rounded lines."""
    nets = [_cents(quantity * price, mode) for quantity, price, _ in lines]
    tax = _per_rate(lines, nets, lambda net, rate: _cents(net * rate / 100, mode))
    return _billed("on the total", lines, nets, sum(nets), tax)


def on_unrounded(lines: Lines, mode: str, random: Random) -> Billed:
    """Prices of three decimals without tax; subtotal and tax are rounded once, from what was not rounded."""
    finer = [
        (quantity, price + Decimal(random.randrange(10)).scaleb(-3), rate) for quantity, price, rate in lines
    ]
    exact = [quantity * price for quantity, price, _ in finer]
    nets = [_cents(value, mode) for value in exact]
    tax = _per_rate(finer, exact, lambda net, rate: _cents(net * rate / 100, mode))
    return _billed("on the unrounded total", finer, nets, _cents(sum(exact), mode), tax)


def finer_per_line(lines: Lines, mode: str, random: Random) -> Billed:
    """Prices without tax; each line's tax is kept to three or four decimals, and their sum is rounded."""
    places = random.choice([Decimal("0.001"), Decimal("0.0001")])
    nets = [_cents(quantity * price, mode) for quantity, price, _ in lines]
    if sum(rate > 0 for *_, rate in lines) == 1:
        places = CENT  # s 9-90(1): the tax of an only taxable supply is rounded once
    taxes = [
        (net * rate / 100).quantize(places, rounding=mode)
        for net, (*_, rate) in zip(nets, lines, strict=True)
    ]
    return _billed("finer per line", lines, nets, sum(nets), _cents(sum(taxes), mode))


def finer_out_of_each_price(lines: Lines, mode: str, random: Random) -> Billed:
    """Prices with tax; what each holds is kept to three or four decimals, and their sum is rounded."""
    places = random.choice([Decimal("0.001"), Decimal("0.0001")])
    charged = [_cents(quantity * price, mode) for quantity, price, _ in lines]
    nets = [_cents(price / (1 + rate / 100), mode) for price, (*_, rate) in zip(charged, lines, strict=True)]
    if sum(rate > 0 for *_, rate in lines) == 1:
        places = CENT  # s 9-90(1): the tax of an only taxable supply is rounded once
    taxes = [
        (price * rate / (100 + rate)).quantize(places, rounding=mode)
        for price, (*_, rate) in zip(charged, lines, strict=True)
    ]
    tax = _cents(sum(taxes), mode)
    return _billed("finer out of prices", _net(lines, mode, random), nets, sum(charged) - tax, tax)


def out_of_each_price(lines: Lines, mode: str, random: Random) -> Billed:
    """Prices with tax; each line's tax is taken out of its price."""
    charged = [_cents(quantity * price, mode) for quantity, price, _ in lines]
    taxes = [
        _cents(price * rate / (100 + rate), mode) for price, (*_, rate) in zip(charged, lines, strict=True)
    ]
    nets = [price - tax for price, tax in zip(charged, taxes, strict=True)]
    return _billed("out of each price", _net(lines, mode, random), nets, sum(nets), sum(taxes))


def out_of_the_total(lines: Lines, mode: str, random: Random) -> Billed:
    """Prices with tax; it is taken out of their sum once per rate, and each line's net value is rounded."""
    charged = [_cents(quantity * price, mode) for quantity, price, _ in lines]
    nets = [_cents(price / (1 + rate / 100), mode) for price, (*_, rate) in zip(charged, lines, strict=True)]
    tax = _per_rate(lines, charged, lambda price, rate: _cents(price * rate / (100 + rate), mode))
    return _billed("out of the total", _net(lines, mode, random), nets, sum(charged) - tax, tax)


HOSTS = (
    per_line,
    on_total,
    on_unrounded,
    finer_per_line,
    out_of_each_price,
    out_of_the_total,
    finer_out_of_each_price,
)


def _net(lines: Lines, mode: str, random: Random) -> Lines:
    places = random.choice([CENT, Decimal("0.0001"), Decimal("0.0000000001")])
    return [
        (quantity, (price / (1 + rate / 100)).quantize(places, rounding=mode), rate)
        for quantity, price, rate in lines
    ]


def _per_rate(lines: Lines, values: Sequence[Decimal], tax: Callable[[Decimal, Decimal], Decimal]) -> Decimal:
    sums: dict[Decimal, Decimal] = {}
    for value, (*_, rate) in zip(values, lines, strict=True):
        sums[rate] = sums.get(rate, Decimal(0)) + value
    return sum((tax(value, rate) for rate, value in sums.items()), Decimal(0))


def _cents(value: Decimal | int, mode: str) -> Decimal:
    return Decimal(value).quantize(CENT, rounding=mode)


def _billed(
    way: str, lines: Lines, nets: Sequence[Decimal], subtotal: Decimal | int, tax: Decimal | int
) -> Billed:
    found = tuple(
        HostLine(at, "x", quantity, price, int(net * 100), rate)
        for at, ((quantity, price, rate), net) in enumerate(zip(lines, nets, strict=True), 1)
    )
    subtotal, tax = int(subtotal * 100), int(tax * 100)
    return Billed(way, Sums("AUD", subtotal, Decimal(10), tax, subtotal + tax), found)
