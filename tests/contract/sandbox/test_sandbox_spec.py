"""What the sandbox says is as the SDK's annotations say; the check is tried with Stripe's own objects."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import stripe
from stripe._api_version import _ApiVersion

import paymail.sandbox
from paymail.sandbox.cards import BECS, CARDS
from paymail.sandbox.config import API_VERSION, SandboxConfig
from paymail.sandbox.disputes import STATUSES
from paymail.sandbox.endpoints import ENDPOINTS
from paymail.sandbox.method_kinds import STRIPE_KINDS
from paymail.sandbox.server import SandboxServer
from tests.contract.sandbox.broad_run import walk
from tests.contract.sandbox.recording import Recording, recorded
from tests.contract.sandbox.sandbox_api import opened
from tests.contract.sandbox.sdk_spec import Json, Spec, listed_values

OFFICIAL: dict[str, Json] = json.loads((Path(__file__).parent / "official_objects.json").read_text("utf-8"))[
    "resources"
]
# Stripe's objects are of an older API than the SDK; this came in between.
SINCE = {
    "dispute": {"dispute.evidence_details.submission_method: is missing"},
    "customer_session": {
        "customer_session.components.active_entitlements: is missing",
        "customer_session.components.customer_portal: is missing",
    },
}


@pytest.fixture(scope="module")
def said() -> Iterator[tuple[Recording, list[Json]]]:
    with recorded() as recording, SandboxServer(SandboxConfig()) as server, opened(server) as api:
        walk(api)
        yield recording, api.control("requests", method="GET")["requests"]


def test_every_answer_and_event_is_as_the_sdk_says(said):
    recording, _ = said
    spec = recording.held()
    print(recording.counts(spec))
    assert sorted(set(spec.faults)) == []
    assert spec.counts["answers"] > 450
    assert spec.counts["events"] > 600


def test_the_walk_comes_by_every_endpoint(said):
    asked = {(entry["method"], entry["path"]) for entry in said[1] if entry["status"] == 200}
    missing = [
        (endpoint.method, endpoint.pattern.pattern)
        for endpoint in ENDPOINTS
        if not any(method == endpoint.method and endpoint.pattern.fullmatch(path) for method, path in asked)
    ]
    assert missing == []


def test_the_walk_hears_every_event_that_the_sandbox_can_send(said):
    sources = Path(paymail.sandbox.__file__).parent.glob("*.py")
    written = "\n".join(path.read_text("utf-8") for path in sources)
    named = set(
        re.findall(
            r'"((?:charge|customer|mandate|payment_intent|payment_method|refund)(?:\.[a-z_]+)+)"', written
        )
    )
    named |= {"charge.dispute.funds_withdrawn", "charge.dispute.funds_reinstated"}
    assert {event["type"] for event in said[0].events} == named
    assert named <= listed_values(stripe.Event, "type")


def test_the_walk_sees_every_state_of_a_dispute_and_of_an_intent(said):
    seen = {
        (event["data"]["object"]["object"], event["data"]["object"].get("status")) for event in said[0].events
    }
    assert {status for kind, status in seen if kind == "dispute"} == set(STATUSES)
    assert set(STATUSES) == listed_values(stripe.Dispute, "status")
    # Money is taken at once here, so nothing waits for a capture.
    states = listed_values(stripe.PaymentIntent, "status") - {"requires_capture", "requires_confirmation"}
    assert {status for kind, status in seen if kind == "payment_intent"} >= states


def test_every_code_of_a_test_number_is_one_of_stripe_s():
    codes = {outcome.code for outcome in (*CARDS.values(), *BECS.values())} - {None}
    assert codes <= listed_values(stripe.PaymentIntent.LastPaymentError, "code")


def test_the_sandbox_is_of_the_sdk_s_api():
    assert API_VERSION == _ApiVersion.CURRENT


def test_the_kinds_that_may_be_excluded_are_stripe_s():
    assert listed_values(stripe.PaymentIntent, "excluded_payment_method_types") == STRIPE_KINDS


@pytest.mark.parametrize("name", OFFICIAL)
def test_stripe_s_own_objects_are_as_the_sdk_says(name):
    spec = Spec()
    spec.thing(OFFICIAL[name])
    assert set(spec.faults) == SINCE.get(name, set())


def _without_amount(charge: Json) -> None:
    del charge["amount"]


@pytest.mark.parametrize(
    ("spoil", "fault"),
    [
        (_without_amount, "charge.amount: is missing"),
        (lambda charge: charge.update(amount="100"), "charge.amount: '100' is not int"),
        (lambda charge: charge.update(paid=1), "charge.paid: 1 is not bool"),
        (lambda charge: charge.update(amount=True), "charge.amount: True is not int"),
        (lambda charge: charge.update(currency=None), "charge.currency: may not be null"),
        (lambda charge: charge.update(surprise=1), "charge.surprise: Stripe has no such field"),
        (
            lambda charge: charge.update(status="lost"),
            "charge.status: 'lost' is not one of ['failed', 'pending', 'succeeded']",
        ),
        (
            lambda charge: charge["billing_details"].update(email=1),
            "charge.billing_details.email: 1 is not str",
        ),
        (lambda charge: charge.update(metadata={"a": 1}), "charge.metadata{}: 1 is not str"),
        (
            lambda charge: charge["refunds"].update(data=[{"object": "charge"}]),
            "charge.refunds.data[]: charge is no refund",
        ),
        (lambda charge: charge.update(object="cheque"), "cheque: Stripe has no object cheque"),
    ],
)
def test_the_check_finds_what_is_wrong(spoil: Any, fault: str):
    charge = copy.deepcopy(OFFICIAL["charge"])
    spoil(charge)
    spec = Spec()
    spec.thing(charge)
    assert spec.faults == [fault]


def test_the_check_finds_a_code_that_stripe_does_not_have():
    spec = Spec()
    spec.answer({"error": {"type": "invalid_request_error", "code": "parameter_invalid", "message": "No."}})
    assert len(spec.faults) == 1
