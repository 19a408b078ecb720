"""Payment methods: from a number or a token to an object with its outcome."""

from __future__ import annotations

import re
from dataclasses import asdict
from datetime import UTC, datetime

from paymail.sandbox.calls import Call
from paymail.sandbox.cards import TOKENS, Outcome, becs_outcome, card_outcome, check_card_details, method_kind
from paymail.sandbox.errors import ApiError, Json
from paymail.sandbox.forms import mapping, text
from paymail.sandbox.ids import new_id


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
    kind = method_kind(data)
    details = mapping(data, kind)
    if kind == "card":
        today = datetime.fromtimestamp(call.now, UTC)
        number = re.sub(r"[ -]", "", str(details.get("number", "")))
        outcome = card_outcome(number)
        shown = check_card_details(details, today.year, today.month)
    else:
        account = re.sub(r"[ -]", "", str(details.get("account_number", "")))
        bsb = str(details.get("bsb_number", ""))
        outcome = becs_outcome(bsb, account)
        shown = {"bsb_number": re.sub(r"\D", "", bsb), "fingerprint": None, "last4": account[-4:]}
    billing = mapping(data, "billing_details")
    method: Json = {
        "id": new_id("pm"),
        "object": "payment_method",
        "billing_details": {"address": None, "email": None, "name": None, "phone": None, **billing},
        "created": call.now,
        "customer": None,
        "livemode": False,
        "metadata": {},
        "type": kind,
        kind: shown,
        "_outcome": asdict(outcome),
    }
    call.store.insert(call.account, method)
    return method
