"""Whatever Stripe's types allow can be read: every null, every absent field, every word, and words to come.

The objects are made from the annotations of the installed SDK, so new words of an upgrade fail here.
"""

import json
import os
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import stripe

from paymail.gateway.translation.accounts import account_from, endpoint_from
from paymail.gateway.translation.disputes import dispute_from
from paymail.gateway.translation.events import event_from, listed_event
from paymail.gateway.translation.intents import intent_from
from paymail.gateway.translation.refunds import refund_from
from paymail.models import Payment
from paymail.ports.payment_errors import Unreadable
from paymail.ports.payments import GatewayAccount, Intent, IntentStatus
from tests.conftest import ROOT
from tests.contract.gateway.annotated import Absent, changed, fields_of, least, variations, words_of

SHAPES = Path(os.environ.get("STRIPE_SHAPES", ROOT.parent / "shared" / "stripe"))
"""Objects that Stripe itself publishes; they are not part of this repository."""
LONGEST_METHOD = Payment.__table__.c.method.type.length  # type: ignore[attr-defined]


def made(kind: Any, values: dict[str, Any]) -> Any:
    return kind.construct_from(values, None)


def intent_with(charge: dict[str, Any]) -> Intent:
    return intent_from(
        made(stripe.PaymentIntent, least(stripe.PaymentIntent) | {"latest_charge": charge}), "acct_1"
    )


def read_charge(charge: dict[str, Any]) -> object:
    method = intent_with(charge).method
    assert len(method) <= LONGEST_METHOD
    assert not any(bad in method for bad in ("_", "None", "  ", "()"))
    assert not method.endswith("ending ")
    return method


READERS: dict[Any, Callable[[dict[str, Any]], object]] = {
    stripe.PaymentIntent: lambda values: intent_from(made(stripe.PaymentIntent, values), "acct_1"),
    stripe.Charge: read_charge,
    stripe.Refund: lambda values: refund_from(made(stripe.Refund, values)),
    stripe.Dispute: lambda values: dispute_from(made(stripe.Dispute, values)),
    stripe.Account: lambda values: account_from(made(stripe.Account, values)),
    stripe.WebhookEndpoint: lambda values: endpoint_from(made(stripe.WebhookEndpoint, values)),
    stripe.Event: lambda values: event_from(json.loads(json.dumps(values))),
}
NAMES = {kind.__name__: kind for kind in READERS}


@pytest.mark.parametrize("name", NAMES)
def test_the_least_object_is_read(name: str) -> None:
    READERS[NAMES[name]](least(NAMES[name]))


@pytest.mark.thorough
@pytest.mark.parametrize("name", NAMES)
def test_every_value_that_the_sdk_allows_is_read(name: str) -> None:
    kind, tried = NAMES[name], Counter[str]()
    for path, value in variations(kind):
        tried["null or absent" if value in (None, Absent) else "value"] += 1
        try:
            READERS[kind](changed(kind, path, value))
        except (Unreadable, ValueError) as error:
            # Text is text to the SDK, but an event without an id or a name is none.
            if not (kind is stripe.Event and value == "" and path in (("id",), ("type",))):
                raise AssertionError(f"{'.'.join(path)} = {value!r}") from error
    assert tried["null or absent"] > 5
    assert tried["value"] > 20


@pytest.mark.parametrize("name", ["PaymentIntent", "Refund", "Dispute", "Account", "WebhookEndpoint"])
def test_what_lacks_a_field_that_stripe_always_gives_is_unreadable_or_does_without(name: str) -> None:
    kind = NAMES[name]
    for field in least(kind):
        values = least(kind)
        del values[field]
        try:
            READERS[kind](values)
        except Unreadable as error:
            assert "cannot be read" in str(error)  # noqa: PT017 - most fields can be done without
    with pytest.raises(Unreadable, match="without an id"):
        READERS[kind]({})


def test_every_status_of_an_intent_is_known_and_another_counts_as_not_paid() -> None:
    known = words_of(stripe.PaymentIntent, "status")
    read = {
        word: READERS[stripe.PaymentIntent](least(stripe.PaymentIntent) | {"status": word}) for word in known
    }
    assert {word: (intent.status, intent.unfamiliar) for word, intent in read.items()} == {  # type: ignore[attr-defined]
        word: (IntentStatus(word), "") for word in known
    }
    assert set(known) == set(IntentStatus) - {IntentStatus.UNKNOWN}
    for word, told in (("teleported", "teleported"), (None, "none"), ("unknown", "unknown")):
        odd = intent_from(
            made(stripe.PaymentIntent, least(stripe.PaymentIntent) | {"status": word}), "acct_1"
        )
        assert (odd.status, odd.unfamiliar) == (IntentStatus.UNKNOWN, told)


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("pending", ("pending", "", "")),
        ("requires_action", ("pending", "", "")),
        ("succeeded", ("succeeded", "", "")),
        ("failed", ("failed", "", "")),
        ("canceled", ("failed", "canceled", "")),
        ("teleported", ("pending", "", "teleported")),
        (None, ("pending", "", "none")),
        (Absent, ("pending", "", "none")),
    ],
)
def test_a_refunds_status_is_one_of_ours(word: Any, expected: tuple[str, str, str]) -> None:
    read = refund_from(made(stripe.Refund, changed(stripe.Refund, ("status",), word)))
    assert (read.status, read.failure, read.unfamiliar) == expected


def test_every_status_of_a_dispute_is_known_and_another_is_noted() -> None:
    for word in words_of(stripe.Dispute, "status"):
        read = dispute_from(made(stripe.Dispute, least(stripe.Dispute) | {"status": word}))
        assert (read.status, read.unfamiliar) == (word, "")
    odd = dispute_from(made(stripe.Dispute, least(stripe.Dispute) | {"status": "teleported"}))
    assert (odd.status, odd.unfamiliar) == ("teleported", "teleported")


def test_an_event_about_an_expanded_intent_names_it_and_every_type_is_read() -> None:
    kinds = words_of(stripe.Event, "type")
    assert len(kinds) > 250
    for kind in kinds:
        about = {"object": "charge", "payment_intent": {"id": "pi_1", "object": "payment_intent"}}
        body = least(stripe.Event) | {"id": "evt_1", "type": kind, "data": {"object": about}}
        assert (event_from(body).type, event_from(body).intent_id) == (kind, "pi_1")


def test_a_listed_event_that_is_none_is_unreadable() -> None:
    with pytest.raises(Unreadable):
        listed_event(made(stripe.Event, least(stripe.Event) | {"data": None}), "acct_1")


@pytest.fixture
def shapes() -> dict[str, Any]:
    if not (SHAPES / "fixtures3.json").exists():
        pytest.skip(
            f"Stripe's own objects were NOT tried: no {SHAPES.name}/ beside the project (STRIPE_SHAPES)"
        )
    found: dict[str, Any] = json.loads((SHAPES / "fixtures3.json").read_text())["resources"]
    return found


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (stripe.PaymentIntent, "payment_intent"),
        (stripe.Charge, "charge"),
        (stripe.Refund, "refund"),
        (stripe.Dispute, "dispute"),
        (stripe.Account, "account"),
        (stripe.WebhookEndpoint, "webhook_endpoint"),
        (stripe.Event, "event"),
    ],
)
def test_stripes_own_object_is_read_whole_and_with_each_field_null(
    shapes: dict[str, Any], kind: Any, name: str
) -> None:
    whole = shapes[name]
    READERS[kind](whole)
    optional = [field for field in whole if field not in least(kind) and field in fields_of(kind)]
    assert optional
    for field in optional:
        READERS[kind](whole | {field: None})
        READERS[kind]({one: value for one, value in whole.items() if one != field})


def test_every_object_of_stripes_own_may_be_what_an_event_is_about(shapes: dict[str, Any]) -> None:
    assert len(shapes) > 150
    for about in shapes.values():
        body = shapes["event"] | {"data": {"object": about}}
        assert event_from(body).id == shapes["event"]["id"]


def test_a_connected_standard_account_is_read(shapes: dict[str, Any]) -> None:
    assert shapes  # both files lie in one place
    values = json.loads((SHAPES / "account_standard.json").read_text())
    assert "requirements" not in values
    assert account_from(made(stripe.Account, values)) == GatewayAccount("acct_standard", True, "")
