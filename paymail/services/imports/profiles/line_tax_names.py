"""The rate and category of a line's tax: from its rate, its name, or from what was charged."""

import re
from collections.abc import Mapping
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal, localcontext

from paymail.money import exponent
from paymail.services.imports.profiles.profile import EXEMPT, GST_FREE, OUTSIDE, NamedTax
from paymail.tax import TaxCategory

_PERCENT = re.compile(r"(\d{1,2}(?:\.\d{1,4})?)\s*%", re.ASCII)
_WIDEST = Decimal("0.05")
"""Per cent: how far apart the rates that lead to a tax may be, for a whole or half one to be meant."""


def named_tax(name: str, known: Mapping[str, NamedTax]) -> NamedTax | None:
    """Return what the name of a tax means: as the profile says, or by the one percentage in it."""
    plain = " ".join(name.split()).casefold()
    if plain in known:
        return known[plain]
    rates = {Decimal(found) for found in _PERCENT.findall(plain)}
    if len(rates) != 1:
        return None
    (rate,) = rates
    return NamedTax(rate) if rate else _without_rate(plain)


def _without_rate(plain: str) -> NamedTax | None:
    """Return why nothing is charged, where the name says so."""
    if "exempt" in plain or "input tax" in plain:
        return EXEMPT
    if "zero" in plain or "free" in plain:
        return GST_FREE
    if "reverse" in plain:
        return NamedTax(Decimal(0), TaxCategory.REVERSE_CHARGE.value)
    return OUTSIDE if "no " in plain or "out of scope" in plain or "outside" in plain else None


def charged_rate(net: Decimal, tax: Decimal, code: str) -> Decimal | None:
    """Return the rate in per cent that a rounded tax proves; None where it could be several.

    Amounts are in units of the currency. It is the whole or half one among close neighbours, or the only
    one of two decimals.
    """
    if not net or not tax:
        return Decimal(0) if not tax else None
    with localcontext(prec=40):
        half = Decimal(1).scaleb(-exponent(code)) / 2
        low, high = sorted(((tax - half) / net * 100, (tax + half) / net * 100))
        for step in (Decimal("0.5"), Decimal("0.01")):
            first = (low / step).to_integral_value(ROUND_CEILING)
            last = (high / step).to_integral_value(ROUND_FLOOR)
            if first == last and (high - low <= _WIDEST or step < _WIDEST) and 0 < first * step <= 100:
                return (first * step).normalize()
    return None
