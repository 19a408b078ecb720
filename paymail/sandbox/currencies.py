"""Which amounts Stripe accepts in which currency."""

from __future__ import annotations

from paymail.sandbox.errors import ApiError, missing_param
from paymail.sandbox.words import words

MAXIMUM = 99_999_999

ZERO_DECIMAL = words("bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf")
THREE_DECIMAL = words("bhd jod kwd omr tnd")
WHOLE_UNITS_ONLY = frozenset(("isk", "ugx"))

_TWO_DECIMAL = words(
    """usd aed afn all amd ang aoa ars aud awg azn bam bbd bdt bgn bmd bnd bob brl bsd bwp byn bzd cad
    cdf chf cny cop crc cve czk dkk dop dzd egp etb eur fjd fkp gbp gel gip gmd gtq gyd hkd hnl hrk
    htg huf idr ils inr isk jmd kes kgs khr kyd kzt lak lbp lkr lrd lsl mad mdl mkd mmk mnt mop mur
    mvr mwk mxn myr mzn nad ngn nio nok npr nzd pab pen pgk php pkr pln qar ron rsd rub sar sbd scr
    sek sgd shp sle sos srd std svc szl thb tjs top try ttd twd tzs uah ugx uyu uzs wst yer zar zmw"""
)
SUPPORTED = _TWO_DECIMAL | ZERO_DECIMAL | THREE_DECIMAL

# Stripe publishes the minimum of its settlement currencies. The last line holds currencies that
# Stripe converts first; their figures are about half a dollar and move with the rates.
_MINIMUM = {
    "usd": 50, "aed": 200, "aud": 50, "bgn": 100, "brl": 50, "cad": 50, "chf": 50, "czk": 1500,
    "dkk": 250, "eur": 50, "gbp": 30, "hkd": 400, "huf": 17500, "inr": 50, "jpy": 50, "mxn": 1000,
    "myr": 200, "nok": 300, "nzd": 50, "pln": 200, "ron": 200, "sek": 300, "sgd": 50, "thb": 1000,
    "kwd": 160, "bhd": 190, "jod": 360, "omr": 200, "tnd": 1600, "isk": 7000, "ugx": 190000, "krw": 700,
}  # fmt: skip
_OTHER_MINIMUM = 50


def check_currency(value: str | None) -> str:
    """Return the currency in lower case, or refuse it."""
    if value is None:
        raise missing_param("currency")
    currency = value.lower()
    if currency not in SUPPORTED:
        message = f"Invalid currency: {currency[:10]}. Stripe currently supports: usd, aud, eur, …"
        raise ApiError(message, param="currency")
    return currency


def check_amount(amount: int | None, currency: str) -> int:
    """Return the amount, or refuse what Stripe would refuse in this currency."""
    if amount is None:
        raise missing_param("amount")
    if amount < 1:
        message = "This value must be greater than or equal to 1."
        raise ApiError(message, code="parameter_invalid_integer", param="amount")
    if amount > MAXIMUM:
        message = f"Amount must be no more than {shown(MAXIMUM, currency)}"
        raise ApiError(message, code="amount_too_large", param="amount")
    step = _step(currency)
    if amount % step:
        message = f"Invalid amount: in {currency} it must be a multiple of {step}."
        raise ApiError(message, code="parameter_invalid_integer", param="amount")
    least = _MINIMUM.get(currency, _OTHER_MINIMUM)
    if amount < least:
        message = f"Amount must be at least {shown(least, currency)}"
        raise ApiError(message, code="amount_too_small", param="amount")
    return amount


def _step(currency: str) -> int:
    if currency in THREE_DECIMAL:
        return 10
    return 100 if currency in WHOLE_UNITS_ONLY else 1


def shown(amount: int, currency: str) -> str:
    """Write an amount for a message, as in `0.50 aud`."""
    places = 0 if currency in ZERO_DECIMAL else 3 if currency in THREE_DECIMAL else 2
    whole, fraction = divmod(amount, 10**places)
    digits = f".{fraction:0{places}d}" if places else ""
    return f"{whole}{digits} {currency}"
