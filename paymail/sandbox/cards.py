"""Stripe's test cards and test bank accounts: which number leads to what."""

from __future__ import annotations

import re
from dataclasses import dataclass

from paymail.sandbox.errors import ApiError, Json


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a test number does: the failure, if any, and what happens on the way there."""

    code: str | None = None
    decline_code: str | None = None
    message: str | None = None
    challenge: bool = False
    delayed: bool = False
    disputed: bool = False
    elsewhere: bool = False
    """The customer pays outside the page, and later."""
    refund: str = ""
    """How a later refund goes: at once (empty), `pends` and then succeeds, `fails` after it succeeded."""


def _declined(decline_code: str, message: str = "Your card was declined.") -> Outcome:
    return Outcome(code="card_declined", decline_code=decline_code, message=message)


_NO_FUNDS = "Your card has insufficient funds."
_PAID = Outcome()
_EXPIRED = Outcome(code="expired_card", message="Your card has expired.")
_WRONG_CVC = Outcome(code="incorrect_cvc", message="Your card's security code is incorrect.")
_PROCESSING_ERROR = Outcome(
    code="processing_error",
    message="An error occurred while processing your card. Try again in a little bit.",
)
_CHALLENGED = Outcome(challenge=True)

CARDS: dict[str, Outcome] = {
    "4242424242424242": _PAID,
    "4000056655665556": _PAID,
    "4000000360000006": _PAID,
    "5555555555554444": _PAID,
    "2223003122003222": _PAID,
    "378282246310005": _PAID,
    "6011111111111117": _PAID,
    "4000000000000002": _declined("generic_decline"),
    "4000000000009995": _declined("insufficient_funds", _NO_FUNDS),
    "4000000000009987": _declined("lost_card"),
    "4000000000009979": _declined("stolen_card"),
    "4000000000000069": _EXPIRED,
    "4000000000000127": _WRONG_CVC,
    "4000000000000119": _PROCESSING_ERROR,
    "4000002500003155": _CHALLENGED,
    "4000002760003184": _CHALLENGED,
    "4000000000003220": _CHALLENGED,
    "4000008400001629": Outcome(
        challenge=True,
        code="card_declined",
        decline_code="generic_decline",
        message="Your card was declined.",
    ),
    "4000000000000259": Outcome(disputed=True),
    "4000000000007726": Outcome(refund="pends"),
    "4000000000005126": Outcome(refund="fails"),
}

# Tokens that a server may use in place of a number.
TOKENS = {
    "pm_card_visa": "4242424242424242",
    "pm_card_mastercard": "5555555555554444",
    "pm_card_amex": "378282246310005",
    "pm_card_chargeDeclined": "4000000000000002",
    "pm_card_visa_chargeDeclined": "4000000000000002",
    "pm_card_visa_chargeDeclinedInsufficientFunds": "4000000000009995",
    "pm_card_authenticationRequired": "4000002500003155",
    "pm_card_threeDSecure2Required": "4000000000003220",
    "pm_card_createDispute": "4000000000000259",
    "pm_card_pendingRefund": "4000000000007726",
    "pm_card_refundFail": "4000000000005126",
}

BECS_BSB = "000000"
_BECS_FAILED = "The customer's bank could not process this debit."
BECS: dict[str, Outcome] = {
    "000123456": Outcome(delayed=True),
    "900123456": Outcome(delayed=True),
    "111111113": Outcome(delayed=True, code="account_closed", message=_BECS_FAILED),
    "111111116": Outcome(delayed=True, code="no_account", message=_BECS_FAILED),
    "222222227": Outcome(delayed=True, code="insufficient_funds", message=_BECS_FAILED),
    "333333335": Outcome(delayed=True, code="debit_not_authorized", message=_BECS_FAILED),
    "666666660": Outcome(delayed=True, disputed=True),
}


def card_outcome(number: str) -> Outcome:
    """Return what this number does; refuse one that is no test card, as Stripe's test mode does."""
    if not re.fullmatch(r"\d{12,19}", number) or not _luhn(number):
        raise _card_error("incorrect_number", "Your card number is incorrect.", "number")
    if number not in CARDS:
        message = "Your card was declined. Your request was in test mode, but used a non test card."
        raise _card_error("card_declined", message, "number", decline_code="test_mode_live_card")
    return CARDS[number]


def becs_outcome(bsb: str, account: str) -> Outcome:
    """Return what this bank account does."""
    if re.sub(r"[^0-9]", "", bsb) != BECS_BSB:
        raise ApiError("The BSB number is invalid.", code="routing_number_invalid", param="bsb_number")
    if account not in BECS:
        message = "The account number is not one of the test account numbers."
        raise ApiError(message, code="account_number_invalid", param="account_number")
    return BECS[account]


def check_card_details(card: Json, now_year: int, now_month: int) -> Json:
    """Check expiry and security code where they are given; return what a card object shows."""
    number = re.sub(r"[ -]", "", str(card.get("number", "")))
    month = _number(card.get("exp_month", "12"), "invalid_expiry_month", "exp_month")
    year = _number(card.get("exp_year", str(now_year + 3)), "invalid_expiry_year", "exp_year")
    year += 2000 if year < 100 else 0
    if not 1 <= month <= 12:
        raise _card_error("invalid_expiry_month", "Your card's expiration month is invalid.", "exp_month")
    if (year, month) < (now_year, now_month) or year > now_year + 50:
        raise _card_error("invalid_expiry_year", "Your card's expiration year is invalid.", "exp_year")
    if not re.fullmatch(r"\d{3,4}", str(card.get("cvc", "123"))):
        raise _card_error("invalid_cvc", "Your card's security code is invalid.", "cvc")
    brand = _brand(number)
    return {
        "brand": brand,
        "checks": {"address_line1_check": None, "address_postal_code_check": None, "cvc_check": "pass"},
        "country": "AU" if number.startswith("4000000360") else "US",
        "display_brand": brand,
        "exp_month": month,
        "exp_year": year,
        "fingerprint": f"sandbox{number[-4:]}",
        "funding": "debit" if number == "4000056655665556" else "credit",
        "generated_from": None,
        "last4": number[-4:],
        "networks": {"available": [brand], "preferred": None},
        "regulated_status": "unregulated",
        "three_d_secure_usage": {"supported": True},
        "wallet": None,
    }


def _number(value: object, code: str, param: str) -> int:
    if not re.fullmatch(r"\d{1,4}", str(value)):
        raise _card_error(code, "Your card's expiration date is invalid.", param)
    return int(str(value))


def _card_error(code: str, message: str, param: str, decline_code: str | None = None) -> ApiError:
    return ApiError(message, status=402, kind="card_error", code=code, param=param, decline_code=decline_code)


def _luhn(number: str) -> bool:
    total = 0
    for place, digit in enumerate(reversed(number)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def _brand(number: str) -> str:
    brands = {"4": "visa", "5": "mastercard", "2": "mastercard", "3": "amex", "6": "discover"}
    return brands.get(number[:1], "unknown")
