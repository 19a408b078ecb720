"""Payment methods: from a number or a token to an object with its outcome."""

from __future__ import annotations

import re
from dataclasses import asdict
from datetime import UTC, datetime

from paymail.sandbox.calls import Call
from paymail.sandbox.cards import TOKENS, Outcome, becs_outcome, card_outcome, check_card_details
from paymail.sandbox.errors import ApiError, Json
from paymail.sandbox.forms import mapping, text, whole_address
from paymail.sandbox.ids import new_id
from paymail.sandbox.method_kinds import KINDS, check_billing


def chosen_method(call: Call, intent: Json) -> Json:
    """Return the payment method that a confirmation names, made new where it brings the data."""
    data = mapping(call.params, "payment_method_data")
    named = text(call.params, "payment_method")
    if data:
        method = _from_data(call, data)
    elif named or intent["payment_method"]:
        method = named_method(call, named or intent["payment_method"])
    else:
        message = (
            "You cannot confirm this PaymentIntent because it's missing a payment method. You can either "
            "update the PaymentIntent with a payment method and then confirm it again, or confirm it "
            "again directly with a payment method or ConfirmationToken."
        )
        raise ApiError(message, code="payment_intent_unexpected_state", payment_intent=intent)
    if method["type"] not in intent["payment_method_types"]:
        message = f"The payment method type {method['type']} is not allowed for this PaymentIntent."
        raise ApiError(message, code="payment_intent_invalid_parameter", param="payment_method")
    return method


def named_method(call: Call, name: str) -> Json:
    """Return a stored payment method, or a new one from a test token."""
    if name in TOKENS:
        return _from_data(call, {"type": "card", "card": {"number": TOKENS[name]}})
    return call.need("payment_method", name, param="payment_method")


def outcome_of(method: Json) -> Outcome:
    """Return what the number behind a payment method does."""
    return Outcome(**method["_outcome"])


def _from_data(call: Call, data: Json) -> Json:
    kind = _kind(data)
    shown, outcome = _details(call, kind, mapping(data, kind))
    billing = mapping(data, "billing_details")
    check_billing(kind, billing)
    method: Json = {
        "id": new_id("pm"),
        "object": "payment_method",
        "allow_redisplay": "unspecified",
        "billing_details": _billing(billing),
        "created": call.now,
        "customer": None,
        "customer_account": None,
        "livemode": False,
        "metadata": {},
        "type": kind,
        kind: shown,
        "_outcome": asdict(outcome),
    }
    call.store.insert(call.account, method)
    return method


def _kind(data: Json) -> str:
    """Return the type of a `payment_method_data`, given or told by its contents."""
    kind = data.get("type") or next((name for name in KINDS if name in data), "card")
    if kind not in KINDS:
        raise ApiError(f"The sandbox has no payment method type {kind}.", param="payment_method_data[type]")
    return str(kind)


def _details(call: Call, kind: str, given: Json) -> tuple[Json, Outcome]:
    if kind == "card":
        today = datetime.fromtimestamp(call.now, UTC)
        number = re.sub(r"[ -]", "", str(given.get("number", "")))
        return check_card_details(given, today.year, today.month), card_outcome(number)
    if kind == "au_becs_debit":
        account = re.sub(r"[ -]", "", str(given.get("account_number", "")))
        bsb = str(given.get("bsb_number", ""))
        outcome = becs_outcome(bsb, account)
        return {"bsb_number": re.sub(r"\D", "", bsb), "fingerprint": None, "last4": account[-4:]}, outcome
    if kind == "payto":
        return _payto(given), Outcome(elsewhere=True)
    return {}, Outcome(elsewhere=True)


def _payto(given: Json) -> Json:
    """Take a PayID, or an account by its number; any will do here."""
    pay_id, account = text(given, "pay_id"), text(given, "account_number")
    if not pay_id and not account:
        message = "To pay by PayTo, give a PayID, or a BSB and an account number."
        raise ApiError(message, code="parameter_missing", param="payment_method_data[payto][pay_id]")
    last4 = account[-4:] if account else None
    return {"bsb_number": text(given, "bsb_number"), "last4": last4, "pay_id": pay_id}


def _billing(given: Json) -> Json:
    shown = {name: given.get(name) for name in ("email", "name", "phone", "tax_id")}
    return {"address": whole_address(given), **shown}
