"""How money, dates, quantities and rates are written, in the reader's locale."""

import re
from collections.abc import Sequence
from copy import copy
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_time, get_datetime_format, get_timezone_name
from babel.lists import format_list
from babel.numbers import get_currency_symbol

from paymail.i18n import direction_of, locale_of, marked, translations
from paymail.money import Money, exponent
from paymail.render.numbers import minor_number, number

_METHODS = (
    marked("Bank debit"),
    marked("Card"),
    marked("Bank transfer"),
    marked("Cash"),
    marked("Konbini"),
    marked("Cheque"),
    marked("Other method"),
)
"""Names of methods that are words. Brands stay as they are."""


@lru_cache(maxsize=1024)  # an email says the same in HTML, text and subject
def money(value: Money, tag: str) -> str:
    """Write `AUD $82.50` (German `AUD 82,50`): the ISO code leads, since a bare `$` could be six currencies.

    Other signs than the dollar's say nothing that the code does not: `JPY 49,390`. A minus (U+2212) stands
    before all. It has all decimals of the currency: Babel's own, which are those of daily
    use, would write RSD 82.50 as 82.
    """
    around = _around(value.currency, tag)
    text = around % plain(_above(value), tag) if around else _by_babel(value, tag)
    return apart(f"{_sign(value)}{value.currency} {text}", tag)


@lru_cache(maxsize=512)
def _around(currency: str, tag: str) -> str:
    """Return what stands around an amount's number, `$%s`; nothing where its groups are not of three."""
    zero = Money(0, currency)
    nought, text = plain(zero, tag), _by_babel(zero, tag)
    in_threes = locale_of(tag).currency_formats["standard"].grouping == (3, 3)
    return text.replace("%", "%%").replace(nought, "%s") if in_threes and text.count(nought) == 1 else ""


def _by_babel(value: Money, tag: str) -> str:
    locale = locale_of(tag)
    pattern = copy(locale.currency_formats["standard"])
    pattern.frac_prec = (exponent(value.currency),) * 2
    text = pattern.apply(abs(value.decimal), locale, currency=value.currency, currency_digits=False)
    # Babel writes `A$`, `$AU`, `KWD` or `د.ك.` where the sign is not enough; the code is there already.
    # Behind the number the sign would say it a second time: `AUD 82,50 $`.
    symbol = get_currency_symbol(value.currency, locale)
    text = text.replace(symbol, "$" if "$" in symbol and not text.endswith(symbol) else "")
    return _trim(text)


def plain(value: Money, tag: str) -> str:
    """Write `1,234.50`, with all decimals of the currency but without its name: a column's head has it."""
    return _sign(value) + minor_number(abs(value.minor), exponent(value.currency), tag)


def figure(value: Money, tag: str) -> str:
    """Write what `plain` does, kept together in a text from right to left."""
    return apart(plain(value, tag), tag)


def money_shape(currency: str, tag: str) -> str:
    """Return how `money` writes an amount, with `%s` in the place of its number: `AUD $%s`."""
    return re.sub(r"\d[\d.,]*", "%s", money(Money(0, currency), tag))


def _above(value: Money) -> Money:
    return Money(abs(value.minor), value.currency)


def _sign(value: Money) -> str:
    return "\u2212" if value.minor < 0 else ""


def _trim(text: str) -> str:
    return text.strip(" \u00a0\u200f\u200e")


@lru_cache(maxsize=1024)
def long_date(value: date, tag: str) -> str:
    """Write `12 March 2026`: a month in words cannot be read the wrong way round."""
    # Babel would write today's date for None, and answers a missing value with a bare assertion.
    return format_date(date(value.year, value.month, value.day), format="long", locale=locale_of(tag))


def long_dates(values: Sequence[date], tag: str) -> str:
    """Write `16 April 2026, 23 April 2026 and 30 April 2026`."""
    return format_list([long_date(value, tag) for value in values], locale=locale_of(tag))


@lru_cache(maxsize=1024)
def moment(value: datetime, zone: str, tag: str) -> str:
    """Write `21 March 2026, 11:59 pm (Japan Standard Time)`: an instant on the clock of a zone (IANA name).

    Raises ZoneInfoNotFoundError, a KeyError, for a zone that there is not.
    """
    locale, there = locale_of(tag), value.astimezone(ZoneInfo(zone))
    joined = str(get_datetime_format("medium", locale=locale))
    clock = format_time(there, "short", locale=locale)
    text = joined.replace("{0}", clock).replace("{1}", long_date(there.date(), tag))
    return apart(f"{text} ({get_timezone_name(there, locale=locale)})", tag)


def quantity(value: Decimal, tag: str) -> str:
    """Write a quantity to be read: with at most four decimals, or as many as keep it from being zero."""
    decimals = 4 if not value or abs(value) >= Decimal("0.0001") else 12
    return _signed(value, 0, decimals, tag)


def unit_price(value: Decimal, currency_digits: int, tag: str) -> str:
    """Write a unit price: at least the currency's decimals, more where it has them (3.335)."""
    return _signed(value, currency_digits, currency_digits + 6, tag)


def times(amount: Decimal, price: Decimal, currency: str, tag: str) -> str:
    """Write how many at which unit price, with a multiplication sign, kept together in any direction."""
    each = unit_price(price, exponent(currency), tag)
    return apart(f"{quantity(amount, tag)} \N{MULTIPLICATION SIGN} {each}", tag)


def _signed(value: Decimal, least: int, most: int, tag: str) -> str:
    return ("\u2212" if value < 0 else "") + number(abs(value), least, most, tag)


def rate(value: Decimal, tag: str) -> str:
    """Write `10%` (German `10 %`), and `8.25%` where there are decimals."""
    locale = locale_of(tag)
    sign = locale.percent_formats[None].suffix[0]
    return f"{number(value, 0, 4, tag)}{sign if '%' in sign else '%'}"


def method(value: str, tag: str) -> str:
    """Write how somebody paid: `Visa ending 4242` and `Bank debit ending 6789` in the reader's words."""
    words = translations(tag)
    if not value:
        return words.gettext("online payment")
    name, comma, reference = value.partition(", ")
    if comma and name in _METHODS:
        # What staff wrote beside a payment they recorded stays as it is.
        return f"{_known(name, tag)}, {apart(reference, tag)}"
    name, ending, digits = value.rpartition(" ending ")
    if not ending:
        return _known(value, tag)
    pattern = words.gettext("%(method)s ending %(digits)s")
    return pattern % {"method": _known(name, tag), "digits": digits}


def _known(name: str, tag: str) -> str:
    return translations(tag).gettext(name) if name in _METHODS else name


def apart(value: str, tag: str) -> str:
    """Return a name, number or address that keeps its own direction in a text from right to left.

    Each line goes between FIRST STRONG ISOLATE and POP DIRECTIONAL ISOLATE (Unicode UAX 9): without them
    `2026-07` is shown as `07-2026` there. From left to right the value stays as it is.
    """
    if direction_of(tag) == "ltr":
        return value
    return "\n".join(f"\u2068{line}\u2069" if line else "" for line in value.splitlines())
