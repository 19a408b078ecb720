"""Minor units inside, Decimal at the edges, Stripe's own table of units and minimums."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paymail import money
from paymail.money import BadAmount, Money, NotChargeable, UnknownCurrency

currencies = st.sampled_from(sorted(money.CURRENCIES))


@given(st.integers(-(10**15), 10**15), currencies)
def test_minor_units_survive_the_way_to_decimal_and_back(minor: int, currency: str) -> None:
    assert money.to_minor(money.to_decimal(minor, currency), currency) == minor


@given(st.integers(1, 10**8), currencies)
def test_what_stripe_is_asked_for_is_what_is_booked(minor: int, currency: str) -> None:
    try:
        asked = money.stripe_amount(minor, currency)
    except NotChargeable:
        return
    assert money.from_stripe_amount(asked, currency) == minor
    assert 0 < asked <= money.STRIPE_MAXIMUM


@given(st.decimals(-(10**9), 10**9, allow_nan=False, allow_infinity=False), currencies)
def test_rounding_moves_by_half_a_minor_unit_at_most(amount: Decimal, currency: str) -> None:
    unit = Decimal(1).scaleb(-money.exponent(currency))
    assert abs(money.round_half_up(amount, currency) - amount) <= unit / 2


@pytest.mark.parametrize(
    ("text", "currency", "rounded"),
    [("2.345", "AUD", "2.35"), ("-2.345", "AUD", "-2.35"), ("0.5", "JPY", "1"), ("1.2345", "KWD", "1.235")],
)
def test_halves_go_away_from_zero(text: str, currency: str, rounded: str) -> None:
    assert money.round_half_up(Decimal(text), currency) == Decimal(rounded)


@pytest.mark.parametrize(
    ("minor", "currency", "asked"),
    [
        (8250, "AUD", 8250),
        (1500, "JPY", 1500),
        (1230, "KWD", 1230),
        (100, "ISK", 10000),
        (500, "UGX", 50000),
        (9000, "MGA", 90),
        (50, "EUR", 50),
    ],
)
def test_amounts_in_stripes_units(minor: int, currency: str, asked: int) -> None:
    assert money.stripe_amount(minor, currency) == asked


@pytest.mark.parametrize(
    ("minor", "currency", "why"),
    [
        (1234, "KWD", "multiple of 0.010"),
        (1231, "BHD", "multiple of 0.010"),
        (29, "GBP", "minimum"),
        (49, "AUD", "minimum"),
        (49, "JPY", "minimum"),
        (0, "AUD", "minimum"),
        (-100, "AUD", "minimum"),
        (100_000_000, "AUD", "maximum"),
        (901, "MGA", "whole units"),
        (5000, "IQD", "takes no payments in IQD"),
    ],
)
def test_what_stripe_would_refuse_is_refused_with_the_reason(minor: int, currency: str, why: str) -> None:
    with pytest.raises(NotChargeable, match=why):
        money.stripe_amount(minor, currency)


@pytest.mark.parametrize(
    "text", ["", " ", "1e5", "NaN", "Infinity", "1,000", "0x10", "1.2.3", "--1", "٣", "9" * 31]
)
def test_only_plain_decimals_are_amounts(text: str) -> None:
    with pytest.raises(BadAmount):
        money.parse_decimal(text)


def test_a_fraction_of_a_minor_unit_is_refused_not_rounded() -> None:
    with pytest.raises(BadAmount, match="more decimal places"):
        money.to_minor(Decimal("1.005"), "AUD")


def test_an_amount_of_stripe_that_does_not_fit_is_refused() -> None:
    with pytest.raises(BadAmount):
        money.from_stripe_amount(10050, "ISK")


@pytest.mark.parametrize("code", ["XXX", "aud", "", "XAU", "BTC"])
def test_unknown_currencies_are_refused(code: str) -> None:
    with pytest.raises(UnknownCurrency):
        money.exponent(code)


def test_money_prints_with_its_code() -> None:
    assert [str(Money(123450, "AUD")), str(Money(1500, "JPY")), str(Money(-5, "KWD"))] == [
        "AUD 1,234.50",
        "JPY 1,500",
        "KWD -0.005",
    ]


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [("82.50", "AUD", 8250), (" 82.5\n", "AUD", 8250), ("1250", "JPY", 1250), ("1.250", "KWD", 1250)],
)
def test_a_typed_amount_is_read_exactly(text: str, currency: str, minor: int) -> None:
    assert money.parse_amount(text, currency) == minor


@pytest.mark.parametrize(
    ("text", "currency"),
    [
        ("1,000", "AUD"),
        ("82,50", "EUR"),
        ("$5", "AUD"),
        ("5e2", "AUD"),
        ("Infinity", "AUD"),
        ("\uff11\uff12", "AUD"),
        ("1.2.3", "AUD"),
        ("--1", "AUD"),
        (".", "AUD"),
        ("0.001", "AUD"),
        ("1.5", "JPY"),
        ("1.2505", "KWD"),
        # Decimal's context would round this to 82.50.
        ("82.500000000000000000000000001", "AUD"),
    ],
)
def test_an_amount_is_never_guessed_or_rounded(text: str, currency: str) -> None:
    with pytest.raises(money.BadAmount, match=f"is not a valid amount in {currency}: .* 1250"):
        money.parse_amount(text, currency)
