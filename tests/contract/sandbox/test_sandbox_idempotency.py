from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
import stripe

from paymail.sandbox.config import SandboxConfig
from paymail.sandbox.server import SandboxServer
from tests.contract.sandbox.sandbox_api import ACCOUNT

KEYED = {"idempotency_key": "attempt-1"}


def test_the_same_key_gets_the_same_answer(api):
    first, again = api.create(options=KEYED), api.create(options=KEYED)
    assert first.to_dict() == again.to_dict()
    assert "Idempotent-Replayed" not in first.last_response.headers
    assert again.last_response.headers["Idempotent-Replayed"] == "true"
    assert first.last_response.request_id != again.last_response.request_id
    assert len(api.client.v1.payment_intents.list(options=ACCOUNT).data) == 1


def test_a_decline_is_replayed_too(api):
    intent = api.create()
    for _ in range(2):
        with pytest.raises(stripe.CardError):
            api.client.v1.payment_intents.confirm(
                intent.id, {"payment_method": "pm_card_chargeDeclined"}, options={**ACCOUNT, **KEYED}
            )
    assert api.events(type="charge.failed") == ["charge.failed"]


def test_the_same_key_with_other_parameters_is_refused(api):
    api.create(options=KEYED)
    with pytest.raises(stripe.IdempotencyError) as caught:
        api.create(amount=999, options=KEYED)
    assert caught.value.http_status == 400


def test_keys_belong_to_one_account(api):
    first = api.create(options=KEYED)
    second = api.create(options={**KEYED, "stripe_account": "acct_other"})
    assert first.id != second.id


def test_a_refused_request_does_not_use_up_its_key(api):
    with pytest.raises(stripe.InvalidRequestError):
        api.create(amount=1, options=KEYED)
    assert api.create(options=KEYED).amount == 12100


def test_a_key_in_use_conflicts(api):
    api.control("faults", {"kind": "delay", "path": "/payment_intents", "method": "POST", "delay": 1.0})
    with ThreadPoolExecutor(4) as pool:
        tasks = [pool.submit(api.create, options=KEYED) for _ in range(4)]
        errors = [task.exception() for task in tasks]
    conflicts = [error for error in errors if error is not None]
    assert len(conflicts) == 3
    assert {(error.http_status, error.error.code) for error in conflicts} == {(409, "idempotency_key_in_use")}
    assert len(api.client.v1.payment_intents.list(options=ACCOUNT).data) == 1


def test_answers_and_objects_survive_a_restart(tmp_path, connect):
    config = SandboxConfig(state_path=tmp_path / "sandbox.db")
    with SandboxServer(config) as server:
        first = connect(server).create(options=KEYED)
    with SandboxServer(config) as server:
        api = connect(server)
        assert api.create(options=KEYED).id == first.id
        assert api.get(first.id).client_secret == first.client_secret
        assert api.events() == ["payment_intent.created"]


@pytest.mark.parametrize(("kind", "made"), [("500", 0), ("500_after", 1)])
def test_a_server_error_is_replayed_for_its_key(api, kind, made):
    api.control("faults", {"kind": kind, "path": "/payment_intents"})
    for _ in range(2):
        with pytest.raises(stripe.APIError) as caught:
            api.create(options=KEYED)
        assert caught.value.http_status == 500
    assert len(api.client.v1.payment_intents.list(options=ACCOUNT).data) == made


def test_too_many_requests_are_refused_and_may_come_again(api):
    api.control("faults", {"kind": "429", "times": 2})
    for _ in range(2):
        with pytest.raises(stripe.RateLimitError):
            api.create(options=KEYED)
    assert api.create(options=KEYED).status == "requires_payment_method"


@pytest.mark.parametrize(("kind", "made"), [("timeout", 0), ("timeout_after", 1)])
def test_a_silent_server_times_out(sandbox, connect, kind, made):
    api, hasty = connect(sandbox), connect(sandbox, timeout=1.0)
    api.control("faults", {"kind": kind, "path": "/payment_intents", "method": "POST", "delay": 5})
    with pytest.raises(stripe.APIConnectionError):
        hasty.create(options=KEYED)
    assert len(api.client.v1.payment_intents.list(options=ACCOUNT).data) == made
    api.create(options=KEYED)
    assert len(api.client.v1.payment_intents.list(options=ACCOUNT).data) == 1


def test_a_lost_answer_is_given_again(api):
    api.control("faults", {"kind": "disconnect_after"})
    with pytest.raises(stripe.APIConnectionError):
        api.create(options=KEYED)
    again = api.create(options=KEYED)
    assert again.last_response.headers["Idempotent-Replayed"] == "true"


def test_a_fault_hits_only_what_it_names(api):
    api.control("faults", {"kind": "500", "path": "/refunds", "method": "post"})
    assert api.create().status == "requires_payment_method"
    assert len(api.control("faults", method="GET")["faults"]) == 1
    api.control("faults", method="DELETE")
    assert api.control("faults", method="GET")["faults"] == []
