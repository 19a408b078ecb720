from __future__ import annotations

import time

import pytest
import stripe

from paymail.sandbox.config import SandboxConfig
from paymail.sandbox.server import SandboxServer
from tests.contract.sandbox.sandbox_api import ACCOUNT

SECRET = "whsec_sandbox"


@pytest.fixture
def hooked_api(hooked, connect):
    return connect(hooked)


def test_events_arrive_signed_and_in_order(hooked_api, received):
    intent = hooked_api.confirm(hooked_api.create().id)
    received.wait_for(3)
    events = [stripe.Webhook.construct_event(body, sig, SECRET) for body, sig in received.calls]
    assert [event.type for event in events] == [
        "payment_intent.created",
        "charge.succeeded",
        "payment_intent.succeeded",
    ]
    assert {event.account for event in events} == {"acct_sandbox"}
    assert events[-1].data.object["id"] == intent.id
    assert events[-1].data.object["amount_received"] == 12100
    assert events[-1].livemode is False
    assert events[0].request.id.startswith("req_")


def test_the_platforms_own_events_name_no_account(hooked_api, received):
    hooked_api.client.v1.payment_intents.create({"amount": 100, "currency": "aud"})
    assert "account" not in received.wait_for(1)[0]


def test_a_refused_webhook_comes_again(hooked_api, received):
    received.status = 500
    hooked_api.create()
    received.wait_for(2)
    received.status = 200
    events = received.wait_for(3)
    assert len({event["id"] for event in events}) == 1


def test_duplicates_repeat_the_event(hooked_api, received):
    hooked_api.control("webhooks", {"duplicates": 2})
    hooked_api.create()
    assert len({event["id"] for event in received.wait_for(3)}) == 1


def test_reordered_events_come_newest_first(hooked_api, received):
    hooked_api.control("webhooks", {"reorder": True})
    hooked_api.confirm(hooked_api.create().id)
    received.wait_for(3)
    assert received.kinds() == ["payment_intent.succeeded", "charge.succeeded", "payment_intent.created"]


def test_dropped_events_stay_listed(hooked_api, received):
    hooked_api.control("webhooks", {"drop_every": 2})
    hooked_api.confirm(hooked_api.create().id)
    received.wait_for(2)
    assert received.kinds() == ["payment_intent.created", "payment_intent.succeeded"]
    assert "charge.succeeded" in hooked_api.events()


def test_a_bad_signature_is_not_accepted(hooked_api, received):
    hooked_api.control("webhooks", {"bad_signature": 1})
    hooked_api.create()
    received.wait_for(1)
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.Webhook.construct_event(*received.calls[0], SECRET)


def test_paused_webhooks_wait_until_they_are_resumed(hooked_api, received):
    hooked_api.control("webhooks", {"paused": True})
    hooked_api.create()
    assert hooked_api.control("webhooks", method="GET")["waiting"] == 1
    assert received.calls == []
    hooked_api.control("webhooks", {"paused": False})
    received.wait_for(1)


def test_delayed_webhooks_come_later(hooked_api, received):
    hooked_api.control("webhooks", {"delay_s": 0.3})
    began = time.monotonic()
    hooked_api.create()
    received.wait_for(1)
    assert time.monotonic() - began >= 0.3


def test_webhooks_survive_a_restart(tmp_path, connect, received):
    config = SandboxConfig(webhook_url=received.url, state_path=tmp_path / "s.db")
    with SandboxServer(config) as server:
        api = connect(server)
        api.control("webhooks", {"paused": True})
        api.create()
    with SandboxServer(config):
        assert received.wait_for(1)[0]["type"] == "payment_intent.created"


def test_events_are_listed_by_type_time_and_cursor(hooked_api):
    for _ in range(3):
        hooked_api.confirm(hooked_api.create().id)
    events = hooked_api.client.v1.events
    page = events.list(
        {"limit": 2, "types": ["payment_intent.succeeded", "charge.succeeded"]}, options=ACCOUNT
    )
    assert page.has_more
    found = list(page.auto_paging_iter())
    assert [event.type for event in found] == ["payment_intent.succeeded", "charge.succeeded"] * 3
    assert len({event.id for event in found}) == 6
    assert events.list({"created": {"gte": int(time.time()) - 60}, "limit": 100}, options=ACCOUNT).data[8]
    assert events.list({"created": {"gte": int(time.time()) + 60}}, options=ACCOUNT).data == []
    assert events.retrieve(found[0].id, options=ACCOUNT).type == "payment_intent.succeeded"
