"""Reading fields of Stripe's objects: what may be null or left out, and what must be there.

The SDK's objects raise for a field that Stripe left out; its types call such a field optional all the same.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import stripe

from paymail.ports.payment_errors import Unreadable


def optional(found: object, *path: str) -> Any:
    """Return what stands at `path`; None where a part of it is null, left out, or not expanded."""
    for name in path:
        found = found[name] if isinstance(found, stripe.StripeObject) and name in found else None
    return found


def text(found: object, *path: str) -> str:
    """Return the text at `path`; empty where there is none."""
    value = optional(found, *path)
    return value if isinstance(value, str) else ""


def number(found: object, *path: str) -> int:
    """Return the whole number at `path`; 0 where there is none."""
    value = optional(found, *path)
    return value if isinstance(value, int) else 0


def reference(found: object, name: str) -> str:
    """Return the id of what a field refers to, expanded or not; empty where it refers to nothing."""
    return text(found, name) or text(found, name, "id")


@contextmanager
def readable(what: str, found: object) -> Iterator[None]:
    """Raise Unreadable where the block finds that a field is missing which Stripe always gives."""
    try:
        yield
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        name = text(found, "id") or "without an id"
        raise Unreadable(f"Stripe's answer about {what} {name} cannot be read") from error
