"""Numbers are written as Babel writes them. `NUMBER_COMPARISONS=60000` compares more of them."""

import os
import random
from copy import copy
from decimal import Decimal, InvalidOperation

import pytest
from babel import Locale, localedata
from babel.numbers import format_decimal, get_currency_symbol

from paymail.i18n import locale_of
from paymail.money import Money, exponent
from paymail.render import formats
from paymail.render.numbers import number

COMPARISONS = int(os.environ.get("NUMBER_COMPARISONS", "3000"))
CURRENCIES = ("AUD", "USD", "EUR", "JPY", "KWD", "CHF", "RSD", "INR", "GBP", "BRL", "ISK", "TND")
USUAL = (
    "en-AU",
    "en-US",
    "de",
    "de-AT",
    "de-CH",
    "fr",
    "fr-CH",
    "ja",
    "ar",
    "ar-EG",
    "en-IN",
    "hi",
    "es",
    "pt",
)


def by_babel(value: Decimal, pattern: str, tag: str) -> str:
    return format_decimal(value, format=pattern, locale=locale_of(tag))


def money_by_babel(value: Money, tag: str) -> str:
    locale = locale_of(tag)
    pattern = copy(locale.currency_formats["standard"])
    pattern.frac_prec = (exponent(value.currency),) * 2
    text = pattern.apply(abs(value.decimal), locale, currency=value.currency, currency_digits=False)
    symbol = get_currency_symbol(value.currency, locale)
    text = text.replace(symbol, "$" if "$" in symbol and not text.endswith(symbol) else "")
    sign = "\u2212" if value.minor < 0 else ""
    number_and_sign = text.strip(" \u00a0\u200f\u200e")
    return formats.apart(f"{sign}{value.currency} {number_and_sign}", tag)


def test_every_locale_and_size_of_number_is_written_as_babel_does() -> None:
    draw, everywhere = random.Random(18), localedata.locale_identifiers()
    for at in range(COMPARISONS // 6):
        tag = draw.choice(USUAL) if at % 2 else draw.choice(everywhere).replace("_", "-")
        minor = draw.choice((1, -1)) * draw.randrange(10 ** draw.randrange(1, 14))
        amount = Money(minor, draw.choice(CURRENCIES))
        digits = exponent(amount.currency)
        pattern = f"#,##0.{'0' * digits}" if digits else "#,##0"
        sign = "\u2212" if minor < 0 else ""
        assert formats.plain(amount, tag) == sign + by_babel(abs(amount.decimal), pattern, tag), tag
        assert formats.money(amount, tag) == money_by_babel(amount, tag), tag
        value = Decimal(minor).scaleb(-draw.randrange(9))
        absolute = abs(value)
        least = draw.randrange(4)
        most = least + draw.randrange(7)
        decimals = "0" * least + "#" * (most - least)
        given = "#,##0" + ("." + decimals if decimals else "")
        assert number(absolute, least, most, tag) == by_babel(absolute, given, tag), (tag, absolute, given)
        assert number(value, least, most, tag) == by_babel(value, given, tag), (tag, value, given)
        price = "#,##0." + "0" * digits + "######"
        assert formats.unit_price(value, digits, tag) == (
            ("\u2212" if value < 0 else "") + by_babel(absolute, price, tag)
        )
        assert formats.quantity(absolute, tag) == by_babel(
            absolute,
            "#,##0.####" if not value or absolute >= Decimal("0.0001") else "#,##0.############",
            tag,
        )


@pytest.mark.parametrize("text", ["0", "0.00005", "0.00015", "2.5", "999.99995", "1E+3", "1000", "0E-9"])
def test_halves_and_exponents_are_rounded_as_babel_does(text: str) -> None:
    for least, most, pattern in ((0, 0, "#,##0"), (0, 4, "#,##0.####"), (2, 2, "#,##0.00")):
        assert number(Decimal(text), least, most, "de") == by_babel(Decimal(text), pattern, "de")


def test_more_digits_than_can_be_kept_are_refused_as_babel_does() -> None:
    with pytest.raises(InvalidOperation):
        number(Decimal("1" * 30), 0, 4, "en-AU")


def test_a_locale_that_groups_otherwise_keeps_its_groups() -> None:
    assert Locale("en", "IN").currency_formats["standard"].grouping == (3, 2)
    assert formats.money(Money(123456789, "INR"), "en-IN") == "INR 12,34,567.89"
