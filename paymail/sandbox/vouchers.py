"""Vouchers: what a customer takes to a shop, a cash machine or their bank's app, and until when."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from paymail.sandbox import forms
from paymail.sandbox.errors import ApiError, Json

_CHAINS = ("familymart", "lawson", "ministop", "seicomart")
_LONGEST = {"konbini": 60, "oxxo": 7}
_SHORTEST = {"konbini": 0, "oxxo": 1}
_DEFAULT_DAYS = 3
_MULTIBANCO_DAYS = 7


def konbini_details(intent: Json, now: int, url: str) -> Json:
    """Return `konbini_display_details`: a code for each chain of shops."""
    stores = {chain: {"confirmation_number": _digits(11), "payment_code": _digits(6)} for chain in _CHAINS}
    return {"expires_at": _expiry("konbini", intent, now), "hosted_voucher_url": url, "stores": stores}


def oxxo_details(intent: Json, now: int, url: str) -> Json:
    """Return `oxxo_display_details`: the number below the bar code."""
    return {"expires_after": _expiry("oxxo", intent, now), "hosted_voucher_url": url, "number": _digits(30)}


def multibanco_details(now: int, url: str) -> Json:
    """Return `multibanco_display_details`: entity and reference for a cash machine."""
    expires_at = now + _MULTIBANCO_DAYS * 86400
    entity, reference = _digits(5), _digits(9)
    return {"entity": entity, "expires_at": expires_at, "hosted_voucher_url": url, "reference": reference}


def days_until_expiry(kind: str, options: Json) -> int:
    """Return the calendar days of a voucher, checked as Stripe does."""
    given = forms.integer(options, "expires_after_days")
    days = _DEFAULT_DAYS if given is None else given
    if not _SHORTEST[kind] <= days <= _LONGEST[kind]:
        param = f"payment_method_options[{kind}][expires_after_days]"
        raise ApiError(f"Invalid {param}: must be {_SHORTEST[kind]} to {_LONGEST[kind]}", param=param)
    return days


def _expiry(kind: str, intent: Json, now: int) -> int:
    """Return the last second of the last day, in the shops' time (Unix time)."""
    options = forms.mapping(intent["_options"], kind)
    if kind == "konbini" and (moment := forms.integer(options, "expires_at")) is not None:
        return moment
    zone = ZoneInfo("Asia/Tokyo" if kind == "konbini" else "America/Mexico_City")
    days = timedelta(days=days_until_expiry(kind, options))
    last = datetime.fromtimestamp(now, UTC).astimezone(zone) + days
    return int(datetime.combine(last.date(), time(23, 59, 59), zone).timestamp())


def _digits(count: int) -> str:
    return "".join(secrets.choice("0123456789") for _ in range(count))
