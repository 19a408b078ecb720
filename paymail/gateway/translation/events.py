"""Stripe's events (Stripe documentation, "The Event object")."""

import re
from typing import Any

import stripe

from paymail.gateway.translation.fields import readable
from paymail.ports.payments import Event

_NAME = re.compile(r"[A-Za-z0-9_.]{0,80}")
"""Stripe's ids and kinds of events: they stand in addresses and logs."""


def event_from(body: dict[str, Any]) -> Event:
    """Return the facts of an event. Raises ValueError, KeyError, TypeError or AttributeError for others."""
    about = body["data"]["object"]
    # Charges, refunds and disputes name their intent; one may be expanded, or none at all.
    intent = about.get("id") if about.get("object") == "payment_intent" else about.get("payment_intent")
    intent = intent.get("id") if isinstance(intent, dict) else intent
    kept = about.get("id") if about.get("object") == "payment_method" else ""
    return Event(
        id=_name(body["id"]),
        type=_name(body["type"]),
        account=_name(body.get("account") or "", least=0),
        livemode=body["livemode"] is True,
        intent_id=_name(intent or "", least=0),
        created=_moment(body["created"]),
        method_id=_name(kept or "", least=0),
    )


def listed_event(found: stripe.Event, account: str) -> Event:
    """Return the facts of an event that an account's list has. Raises Unreadable."""
    with readable("event", found):
        body = found.to_dict()
        return event_from({**body, "account": body.get("account") or account})


def _name(value: object, *, least: int = 1) -> str:
    if not isinstance(value, str) or not _NAME.fullmatch(value) or len(value) < least:
        raise ValueError("not an id of Stripe's")
    return value


def _moment(value: object) -> int:
    if type(value) is not int or not 0 <= value < 2**33:
        raise ValueError("not a moment of this or the next century")
    return value
