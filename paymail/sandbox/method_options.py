"""`payment_method_options` of an intent: kept as they were sent, shown in Stripe's types."""

from __future__ import annotations

from paymail.sandbox import forms
from paymail.sandbox.errors import ApiError, Json
from paymail.sandbox.vouchers import days_until_expiry
from paymail.sandbox.words import words

_SCHEDULES = words("adhoc annual daily fortnightly monthly quarterly semi_annual weekly")
_KEPT = ("end_date", "purpose")


def show_options(intent: Json) -> None:
    """Fill in what the intent shows of the options of its kinds."""
    given = intent.setdefault("_options", {})
    shown = {kind: _shown(kind, forms.mapping(given, kind)) for kind in intent["payment_method_types"]}
    intent["payment_method_options"] = shown


def mandate_options(intent: Json) -> Json | None:
    """Return the terms of a PayTo mandate for more than this payment; None for a single payment."""
    given = forms.mapping(forms.mapping(intent["_options"], "payto"), "mandate_options")
    if not given:
        return None
    kind, schedule = given.get("amount_type", "maximum"), given.get("payment_schedule", "adhoc")
    amount = forms.integer(given, "amount")
    if kind not in ("fixed", "maximum") or schedule not in _SCHEDULES or (kind == "fixed" and not amount):
        param = "payment_method_options[payto][mandate_options]"
        raise ApiError(f"Invalid {param}", code="payment_intent_mandate_invalid", param=param)
    return {
        "amount": amount,
        "amount_type": kind,
        "payment_schedule": schedule,
        "payments_per_period": forms.integer(given, "payments_per_period"),
        **{name: given.get(name) for name in _KEPT},
    }


def _shown(kind: str, options: Json) -> Json:
    if kind == "card":
        asked = options.get("request_three_d_secure", "automatic")
        empty = {"installments": None, "mandate_options": None, "network": None}
        return {**empty, "request_three_d_secure": asked}
    if kind == "konbini":
        days = forms.integer(options, "expires_after_days")
        moment = forms.integer(options, "expires_at")
        kept = {name: options.get(name) for name in ("confirmation_number", "product_description")}
        return {"expires_after_days": days, "expires_at": moment, **kept}
    if kind == "oxxo":
        return {"expires_after_days": days_until_expiry("oxxo", options)}
    if kind == "customer_balance":
        transfer = forms.mapping(options, "bank_transfer")
        shown = {"bank_transfer": _transfer(transfer)} if transfer else {}
        return {**shown, "funding_type": options.get("funding_type")}
    if kind == "payto":
        terms = mandate_options({"_options": {"payto": options}})
        return {"mandate_options": terms} if terms else {}
    return {}


def _transfer(given: Json) -> Json:
    shown: Json = {"type": given.get("type")}
    if country := forms.mapping(given, "eu_bank_transfer").get("country"):
        shown["eu_bank_transfer"] = {"country": country}
    return shown
