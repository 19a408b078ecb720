"""Money: integer minor units and an ISO 4217 code inside, `Decimal` at the edges, never float.

Sources: ISO 4217 (minor unit table); Stripe documentation "Supported currencies" (zero-decimal,
three-decimal and special cases, minimum and maximum charge amounts).
"""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from enum import StrEnum

from paymail.errors import InvalidInput

_ZERO = frozenset("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF".split())
_THREE = frozenset("BHD IQD JOD KWD LYD OMR TND".split())
_TWO = frozenset(
    "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BWP BYN BZD CAD CDF CHF CNY COP"
    " CRC CVE CZK DKK DOP DZD EGP ETB EUR FJD FKP GBP GEL GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR JMD KES"
    " KGS KHR KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK"
    " NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SEK SGD SHP SLE SOS SRD STN SZL THB TJS TOP"
    " TRY TTD TWD TZS UAH USD UYU UZS WST XCD YER ZAR ZMW".split()
)
CURRENCIES = _ZERO | _TWO | _THREE

STRIPE_ZERO_DECIMAL = frozenset("BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF".split())
STRIPE_THREE_DECIMAL = frozenset("BHD JOD KWD OMR TND".split())
STRIPE_UNSUPPORTED = frozenset({"IQD", "LYD"})
STRIPE_WHOLE_UNITS_ONLY = frozenset({"ISK", "UGX"})
STRIPE_MAXIMUM = 99_999_999
# In Stripe's minor units. A currency that is not listed has the default of 50.
STRIPE_MINIMUM = {
    "AED": 200, "BGN": 100, "CHF": 50, "CZK": 1500, "DKK": 250, "GBP": 30, "HKD": 400, "HUF": 17500,
    "IDR": 1_000_000, "JPY": 50, "KWD": 200, "MXN": 1000, "MYR": 200, "NOK": 300, "PLN": 200, "RON": 200,
    "SEK": 300, "THB": 1000,
}  # fmt: skip


class UnknownCurrency(InvalidInput):
    """The code is not a current ISO 4217 currency that paymail bills in."""

    code = "unknown_currency"


class BadAmount(InvalidInput):
    """The text is not an amount that this currency can hold exactly."""

    code = "bad_amount"


class NotChargeable(InvalidInput):
    """Stripe would refuse the amount; the message says why."""

    code = "amount_not_chargeable"


class Obstacle(StrEnum):
    """Why an amount cannot be charged online. The values are codes, for programs and templates."""

    NO_ACCOUNT = "no_account"
    """Its issuer has no account at Stripe."""
    CURRENCY = "currency"
    """Stripe takes no payment in this currency."""
    LAST_DIGIT = "last_digit"
    """Stripe's units are coarser: KWD 34.781, MGA 10.50."""
    BELOW_MINIMUM = "below_minimum"
    ABOVE_MAXIMUM = "above_maximum"
    """Of one charge."""


def exponent(currency: str) -> int:
    """Return how many decimals ISO 4217 gives `currency` (0, 2 or 3). Raises UnknownCurrency."""
    if currency in _TWO:
        return 2
    if currency in _ZERO:
        return 0
    if currency in _THREE:
        return 3
    raise UnknownCurrency(f"{currency!r} is not a supported currency")


def parse_decimal(text: str) -> Decimal:
    """Read plain decimal text such as `-12.50`. Exponents, NaN and separators raise BadAmount."""
    cleaned = text.strip()
    if not cleaned or len(cleaned) > 30 or not set(cleaned) <= set("0123456789.-"):
        raise BadAmount(f"{text!r} is not a decimal number")
    try:
        return Decimal(cleaned)
    except InvalidOperation as error:
        raise BadAmount(f"{text!r} is not a decimal number") from error


def parse_amount(text: str, currency: str) -> int:
    """Read what a person or a program gave as an amount, such as `82.50`, exactly; return minor units.

    Nothing is guessed about commas and spaces, which mean different things to different readers. Raises
    BadAmount, UnknownCurrency.
    """
    decimals = exponent(currency)
    try:
        return to_minor(parse_decimal(text), currency)
    except BadAmount as error:
        example = f"{1250:.{decimals}f}"
        shown = text.strip()[:40]
        raise BadAmount(
            f"{shown!r} is not a valid amount in {currency}: use a format such as {example}, with at most"
            f" {decimals} decimal places"
            if decimals
            else f"{shown!r} is not a valid amount in {currency}: use digits only, such as {example}"
        ) from error


def round_half_up(amount: Decimal, currency: str) -> Decimal:
    """Quantise to the currency's decimals, halves away from zero (the usual rule for GST and VAT)."""
    return amount.quantize(Decimal(1).scaleb(-exponent(currency)), rounding=ROUND_HALF_UP)


def to_minor(amount: Decimal, currency: str) -> int:
    """Convert an exact amount to minor units. Raises BadAmount if a fraction of a minor unit is left."""
    scaled = amount.scaleb(exponent(currency))
    # Scaling rounds to the context's 28 digits, comparing does not.
    if scaled != scaled.to_integral_value() or scaled.scaleb(-exponent(currency)) != amount:
        raise BadAmount(f"{amount} has more decimal places than {currency} allows ({exponent(currency)})")
    return int(scaled)


def to_decimal(minor: int, currency: str) -> Decimal:
    """Convert minor units to a Decimal with exactly the currency's decimals."""
    return Decimal(minor).scaleb(-exponent(currency))


def stripe_amount(minor: int, currency: str) -> int:
    """Convert our minor units to Stripe's and check that Stripe would take the charge.

    Raises NotChargeable: no payments in the currency, below the minimum, above the maximum, or not
    representable (three-decimal currencies must end in 0; ISK and UGX are sent with two decimals that must
    be 00).
    """
    if (obstacle := charge_obstacle(minor, currency)) is not None:
        raise NotChargeable(why_not(obstacle, currency))
    return stripe_units(minor, currency)


def charge_obstacle(minor: int, currency: str) -> Obstacle | None:
    """Return why Stripe would not take a charge of this amount (minor units); None if it would."""
    if currency in STRIPE_UNSUPPORTED:
        return Obstacle.CURRENCY
    try:
        amount = stripe_units(minor, currency)
    except NotChargeable:
        return Obstacle.LAST_DIGIT
    if amount < stripe_minimum(currency):
        return Obstacle.BELOW_MINIMUM
    return Obstacle.ABOVE_MAXIMUM if amount > STRIPE_MAXIMUM else None


def why_not(obstacle: Obstacle, currency: str) -> str:
    """Return in words for staff and programs why an amount of `currency` cannot be charged online."""
    return {
        Obstacle.NO_ACCOUNT: "the issuer has no Stripe account",
        Obstacle.CURRENCY: f"Stripe takes no payments in {currency}",
        Obstacle.LAST_DIGIT: f"card payments in {currency} must be "
        + ("a multiple of 0.010" if currency in STRIPE_THREE_DECIMAL else "in whole units"),
        Obstacle.BELOW_MINIMUM: f"the amount is below the card minimum for {currency}"
        f" ({stripe_minimum(currency)} minor units)",
        Obstacle.ABOVE_MAXIMUM: f"the amount is above the card maximum for {currency}",
    }[obstacle]


def stripe_minimum(currency: str) -> int:
    """Return the smallest amount that Stripe charges a card with, in its minor units."""
    return STRIPE_MINIMUM.get(currency, 50)


def stripe_units(minor: int, currency: str) -> int:
    """Convert our minor units to Stripe's, whatever their size. Raises NotChargeable if they do not fit."""
    factor = _stripe_exponent(currency) - exponent(currency)
    amount = minor * 10**factor if factor >= 0 else _exact_division(minor, 10**-factor, currency)
    if currency in STRIPE_THREE_DECIMAL and amount % 10:
        raise NotChargeable(why_not(Obstacle.LAST_DIGIT, currency))
    return int(amount)


def from_stripe_amount(amount: int, currency: str) -> int:
    """Convert an amount reported by Stripe to our minor units. Raises BadAmount if it does not fit."""
    factor = exponent(currency) - _stripe_exponent(currency)
    if factor >= 0:
        return int(amount * 10**factor)
    quotient, rest = divmod(amount, 10**-factor)
    if rest:
        raise BadAmount(f"{amount} of Stripe's units is not a whole amount in {currency}")
    return int(quotient)


def _stripe_exponent(currency: str) -> int:
    if currency in STRIPE_ZERO_DECIMAL:
        return 0
    if currency in STRIPE_WHOLE_UNITS_ONLY:
        return 2
    return exponent(currency)


def _exact_division(minor: int, divisor: int, currency: str) -> int:
    quotient, rest = divmod(minor, divisor)
    if rest:
        raise NotChargeable(why_not(Obstacle.LAST_DIGIT, currency))
    return int(quotient)


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in minor units of one currency."""

    minor: int
    currency: str

    @property
    def decimal(self) -> Decimal:
        """The amount with exactly the currency's decimals."""
        return to_decimal(self.minor, self.currency)

    def __str__(self) -> str:
        """Plain text such as `AUD 1,234.50`, the same in every locale."""
        return f"{self.currency} {self.decimal:,.{exponent(self.currency)}f}"


def share(value: int, part: int, whole: int) -> int:
    """Return the share of a value that `part` has in `whole`, halves away from zero; 0 of nothing."""
    if not whole:
        return 0
    scaled, sign = 2 * abs(value * part) + abs(whole), 1 if value * part * whole >= 0 else -1
    return sign * (scaled // (2 * abs(whole)))


def next_share(value: int, before: int, part: int, whole: int) -> int:
    """Return the share of `part`, after `before` had its own: so all parts of a whole add up to the value."""
    return share(value, before + part, whole) - share(value, before, whole)
