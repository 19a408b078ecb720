"""How money, dates, quantities and rates are written, in the reader's locale."""

from datetime import date
from decimal import Decimal

from babel import Locale, UnknownLocaleError
from babel.dates import format_date
from babel.numbers import format_currency, format_decimal

from paymail.money import Money


def locale_of(tag: str) -> Locale:
    """Return Babel's locale of a tag such as `en-AU`; English where it is unknown."""
    try:
        return Locale.parse(tag, sep="-")
    except (UnknownLocaleError, ValueError):
        return Locale("en")


def money(value: Money, tag: str) -> str:
    """Write `AUD $82.50`: the ISO code always leads, since a bare `$` could be six currencies.

    Our amounts already have exactly the currency's decimals, so Babel has nothing to round.
    """
    text = format_currency(
        value.decimal, value.currency, locale=locale_of(tag), currency_digits=True, format_type="standard"
    )
    # Babel writes `A$` or `KWD` where the symbol is foreign to the locale; the code is there already.
    for symbol in (value.currency, f"{value.currency[:2]}$", f"{value.currency[:1]}$"):
        text = text.replace(symbol, "$" if symbol.endswith("$") else "")
    return f"{value.currency} {_trim(text)}"


def _trim(text: str) -> str:
    return text.strip(" \u00a0\u200f\u200e")


def long_date(value: date, tag: str) -> str:
    """Write `12 March 2026`: a month in words cannot be read the wrong way round."""
    return format_date(value, format="long", locale=locale_of(tag))


def quantity(value: Decimal, tag: str) -> str:
    """Write a quantity with the decimals it has."""
    return format_decimal(value.normalize(), format="#,##0.##########", locale=locale_of(tag))


def unit_price(value: Decimal, currency_digits: int, tag: str) -> str:
    """Write a unit price: at least the currency's decimals, more where it has them (3.335)."""
    pattern = "#,##0" + (".0" if currency_digits else "") + "0" * (currency_digits - 1) + "######"
    if not currency_digits:
        pattern = "#,##0.######"
    return format_decimal(value, format=pattern, locale=locale_of(tag))


def rate(value: Decimal, tag: str) -> str:
    """Write `10.00%` with two decimals at least, as on the seed's invoices."""
    return f"{format_decimal(value, format='#,##0.00##', locale=locale_of(tag))}%"
