"""What of a stored object is shown, and to whom."""

from __future__ import annotations

from typing import Any

from paymail.sandbox.errors import ApiError, Json
from paymail.sandbox.store import Store
from paymail.sandbox.words import words

_KIND_OF_PREFIX = {
    "cus": "customer",
    "pi": "payment_intent",
    "ch": "charge",
    "pm": "payment_method",
    "re": "refund",
    "dp": "dispute",
}

# What a publishable key may read of a payment intent.
_PUBLIC_INTENT = words(
    """id object amount automatic_payment_methods canceled_at cancellation_reason capture_method
    client_secret confirmation_method created currency description last_payment_error livemode
    next_action payment_method payment_method_types processing receipt_email setup_future_usage
    shipping source status"""
)


def visible(value: Any) -> Any:
    """Leave out what the sandbox keeps for itself: keys that begin with an underscore."""
    if isinstance(value, dict):
        return {key: visible(inner) for key, inner in value.items() if not key.startswith("_")}
    if isinstance(value, list):
        return [visible(inner) for inner in value]
    return value


def for_publishable_key(body: Json) -> Json:
    """Keep only what a customer's browser may see, also of an intent inside an error."""
    if body.get("object") == "payment_intent":
        return {key: value for key, value in body.items() if key in _PUBLIC_INTENT}
    error = body.get("error")
    if isinstance(error, dict) and isinstance(error.get("payment_intent"), dict):
        return {"error": {**error, "payment_intent": for_publishable_key(error["payment_intent"])}}
    return body


def expand(store: Store, account: str, body: Json, paths: list[str]) -> Json:
    """Replace the ids at the given dotted paths by their objects."""
    for path in paths:
        _expand(store, account, body, path.split("."), path)
    return body


def _expand(store: Store, account: str, node: Json, parts: list[str], path: str) -> None:
    name, rest = parts[0], parts[1:]
    if name not in node:
        message = f"This property cannot be expanded ({path})."
        raise ApiError(message, code="parameter_invalid", param="expand")
    value = node[name]
    if isinstance(value, str):
        kind = _KIND_OF_PREFIX.get(value.partition("_")[0], "")
        found = store.get(kind, value, account)
        if found is None:
            raise ApiError(f"This property cannot be expanded ({path}).", param="expand")
        value = node[name] = found
    inner = value if isinstance(value, list) else [value]
    for item in inner:
        if rest and isinstance(item, dict):
            _expand(store, account, item, rest, path)
