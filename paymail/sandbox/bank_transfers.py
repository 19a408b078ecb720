"""Bank transfers: where the customer is told to send the money, and what has come in of it."""

from __future__ import annotations

import secrets

from paymail.sandbox.errors import ApiError, Json
from paymail.sandbox.forms import mapping

_TRANSFERS = {
    "eur": "eu_bank_transfer",
    "gbp": "gb_bank_transfer",
    "jpy": "jp_bank_transfer",
    "mxn": "mx_bank_transfer",
    "usd": "us_bank_transfer",
}
_ADDRESS: Json = {
    "city": "Test City",
    "country": "IE",
    "line1": "1 Test Street",
    "line2": None,
    "postal_code": "12345",
    "state": None,
}
_HOLDER: Json = {
    "account_holder_address": _ADDRESS,
    "account_holder_name": "Sandbox Company",
    "bank_address": _ADDRESS,
}


def transfer_details(intent: Json, url: str) -> Json:
    """Return `display_bank_transfer_instructions` for an intent; Stripe lets them never expire."""
    currency = intent["currency"]
    options = mapping(intent["_options"], "customer_balance")
    if options or not intent["automatic_payment_methods"]:
        check_options(options, currency)
    return {
        "amount_remaining": intent["amount"],
        "currency": currency,
        "financial_addresses": [_address(currency)],
        "hosted_instructions_url": url,
        "reference": secrets.token_hex(6).upper(),
        "type": _TRANSFERS[currency],
    }


def check_options(options: Json, currency: str) -> None:
    """Refuse a confirmation that does not say how the balance is to be funded, as Stripe does."""
    transfer = mapping(options, "bank_transfer")
    if options.get("funding_type") != "bank_transfer" or not transfer:
        message = (
            "Missing required param: payment_method_options[customer_balance][funding_type]. To fund a "
            "customer balance, set it to bank_transfer and say which bank_transfer."
        )
        param = "payment_method_options[customer_balance][funding_type]"
        raise ApiError(message, code="parameter_missing", param=param)
    if transfer.get("type") != _TRANSFERS[currency]:
        param = "payment_method_options[customer_balance][bank_transfer][type]"
        raise ApiError(f"Invalid {param}: must be {_TRANSFERS[currency]}", param=param)


def _address(currency: str) -> Json:
    number = "".join(secrets.choice("0123456789") for _ in range(14))
    if currency == "eur":
        iban = {"bic": "TESTIE2XXXX", "country": "IE", "iban": f"IE99TEST{number}"}
        return _addressed("iban", ["sepa"], iban)
    if currency == "gbp":
        code = {"account_number": number[:8], "sort_code": "108800"}
        return _addressed("sort_code", ["bacs", "fps"], code)
    if currency == "jpy":
        names = {"bank_code": "9999", "bank_name": "TEST BANK", "branch_code": "999", "branch_name": "TEST"}
        zengin = {**names, "account_number": number[:7], "account_type": "futsu"}
        return _addressed("zengin", ["zengin"], zengin)
    if currency == "mxn":
        spei = {"bank_code": "999", "bank_name": "TEST BANK", "clabe": f"9999{number}"}
        return _addressed("spei", ["spei"], spei)
    aba = {"account_type": "checking", "bank_name": "TEST BANK", "routing_number": "999999999"}
    return _addressed("aba", ["ach", "domestic_wire_us"], {**aba, "account_number": number})


def _addressed(kind: str, networks: list[str], details: Json) -> Json:
    return {"type": kind, "supported_networks": networks, kind: {**_HOLDER, **details}}
