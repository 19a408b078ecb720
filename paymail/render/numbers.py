"""Numbers in a reader's signs, as Babel writes them and many times as fast: a document has hundreds."""

from decimal import Decimal
from functools import lru_cache

from babel.numbers import format_decimal, get_decimal_symbol, get_group_symbol

from paymail.i18n import locale_of


def number(value: Decimal, least: int, most: int, tag: str) -> str:
    """Write a number with groups of three and between `least` and `most` decimals, halves to even.

    Raises decimal.InvalidOperation for more than 28 digits, as Babel does.
    """
    if value.is_signed() or not value.is_finite():
        return format_decimal(value, format=_pattern(least, most), locale=locale_of(tag))
    group, point = _signs(tag)
    whole, _, decimals = f"{value.normalize().quantize(Decimal(1).scaleb(-most)):f}".partition(".")
    kept = decimals[:least] + decimals[least:].rstrip("0")
    text = f"{int(whole):,}".replace(",", group)
    return f"{text}{point}{kept}" if kept else text


def minor_number(minor: int, digits: int, tag: str) -> str:
    """Write an amount above or at zero, given in minor units, with all `digits` decimals of its currency."""
    group, point = _signs(tag)
    whole, rest = divmod(minor, 10**digits)
    text = f"{whole:,}".replace(",", group)
    return f"{text}{point}{rest:0{digits}d}" if digits else text


@lru_cache(maxsize=256)
def _signs(tag: str) -> tuple[str, str]:
    locale = locale_of(tag)
    return get_group_symbol(locale), get_decimal_symbol(locale)


@lru_cache(maxsize=64)
def _pattern(least: int, most: int) -> str:
    decimals = "0" * least + "#" * (most - least)
    return "#,##0" + ("." + decimals if decimals else "")
