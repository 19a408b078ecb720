"""A value with a hostile text in each of its text fields, whichever it has."""

from dataclasses import fields, is_dataclass, replace
from enum import Enum
from typing import Any

HOSTILE = "<script>alert(1)</script>\"><img src=x onerror=alert(1)> {{ 7*7 }} {% raw %} & ' `"
KEPT = {"locale", "currency", "payment_url", "staff_url", "logo_url", "zone", "not_online", "verify_url"}
"""What cannot be anybody's text: a language and a currency of ours, addresses that we made."""


def spoiled(value: Any, text: str = HOSTILE) -> Any:
    """Return `value` with `text` in every field, also of what is inside of it."""
    if isinstance(value, str) and not isinstance(value, Enum):
        return text
    if isinstance(value, tuple):
        return tuple(spoiled(one, text) for one in value)
    if is_dataclass(value) and not isinstance(value, type):
        changes = {f.name: spoiled(getattr(value, f.name), text) for f in fields(value) if f.name not in KEPT}
        return replace(value, **changes)
    return value
