"""The gateway by the real SDK against the sandbox: Stripe's answers and faults in our words."""

import contextlib
import json
import threading
import urllib.request
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl

import pytest
import stripe

from paymail.clock import utc_now
from paymail.errors import Conflict, Misconfigured, NotFound, Rejected, Unavailable
from paymail.gateway import StripeConfig, StripeGateway
from paymail.ports.payment_errors import KeySpent, KeyTaken
from paymail.ports.payments import GatewayAccount, Intent, IntentStatus, WebhookEndpoint
from paymail.sandbox.config import SandboxConfig
from paymail.sandbox.customer import SandboxDeclined, pay
from paymail.sandbox.server import SandboxServer
from tests.contract.gateway.recorder import Recorder

ACCOUNT = "acct_sandbox"


class SandboxedGateway:
    def __init__(self, url: str, key: str = "sk_test_sandbox") -> None:
        self.url = url
        self.http = Recorder()
        self.gateway = StripeGateway(StripeConfig(key, ("whsec_sandbox",), url, 2.0), utc_now, self.http)

    def create(self, key: str = "k1", **more: Any) -> Intent:
        asked = {"account": ACCOUNT, "amount": 8250, "currency": "AUD", "metadata": {"invoice_id": "502"}}
        return self.gateway.create_intent(idempotency_key=key, **(asked | more))

    def pay(self, intent: Intent, card: str = "4242424242424242") -> None:
        pay(intent.client_secret, card, base_url=self.url)

    def fault(self, **rule: object) -> None:
        self.control("faults", **rule)

    def control(self, name: str, **body: object) -> None:
        data = json.dumps(body).encode()
        headers = {"Content-Type": "application/json"}
        with urllib.request.urlopen(urllib.request.Request(f"{self.url}/_sandbox/{name}", data, headers)):
            pass


@pytest.fixture
def sandboxed() -> Iterator[SandboxedGateway]:
    with SandboxServer(SandboxConfig()) as server:
        yield SandboxedGateway(server.url)


def test_an_intent_is_created_read_and_cancelled(sandboxed: SandboxedGateway) -> None:
    made = sandboxed.create()
    assert (made.status, made.amount, made.currency) == (IntentStatus.REQUIRES_PAYMENT_METHOD, 8250, "AUD")
    assert (made.account, made.invoice_id, made.livemode, made.amount_received) == (ACCOUNT, "502", False, 0)
    cancelled = sandboxed.gateway.cancel_intent(account=ACCOUNT, intent_id=made.id)
    assert cancelled.status is IntentStatus.CANCELED
    assert sandboxed.gateway.retrieve_intent(account=ACCOUNT, intent_id=made.id) == cancelled


def test_the_platforms_fee_is_asked_for_only_where_there_is_one(sandboxed: SandboxedGateway) -> None:
    client = stripe.StripeClient("sk_test_sandbox", base_addresses={"api": sandboxed.url})
    for fee, kept in ((41, 41), (0, None)):
        made = sandboxed.create(f"fee{fee}", fee=fee)
        found = client.v1.payment_intents.retrieve(made.id, None, {"stripe_account": ACCOUNT})
        assert found.application_fee_amount == kept


def test_a_paid_intent_tells_what_was_received_and_how(sandboxed: SandboxedGateway) -> None:
    made = sandboxed.create()
    sandboxed.pay(made)
    found = sandboxed.gateway.retrieve_intent(account=ACCOUNT, intent_id=made.id)
    assert (found.status, found.amount_received) == (IntentStatus.SUCCEEDED, 8250)
    assert found.method == "Visa ending 4242"


def test_a_decline_leaves_the_intent_payable_with_its_reason(sandboxed: SandboxedGateway) -> None:
    made = sandboxed.create()
    with pytest.raises(SandboxDeclined):
        sandboxed.pay(made, "4000000000000002")
    found = sandboxed.gateway.retrieve_intent(account=ACCOUNT, intent_id=made.id)
    assert (found.status, found.failure) == (IntentStatus.REQUIRES_PAYMENT_METHOD, "generic_decline")


@pytest.mark.parametrize(
    ("way", "expected"),
    [("222222227", "insufficient_funds"), ("4000002500003155", "payment_intent_authentication_failure")],
)
def test_a_failure_that_is_no_decline_tells_its_code(
    sandboxed: SandboxedGateway, way: str, expected: str
) -> None:
    made = sandboxed.create()
    with contextlib.suppress(SandboxDeclined):
        pay(made.client_secret, way, base_url=sandboxed.url, challenge="fail")
    sandboxed.control("advance")
    found = sandboxed.gateway.retrieve_intent(account=ACCOUNT, intent_id=made.id)
    assert (found.status, found.failure) == (IntentStatus.REQUIRES_PAYMENT_METHOD, expected)


def test_a_returned_debit_tells_its_account_and_when_it_was_begun(sandboxed: SandboxedGateway) -> None:
    made = sandboxed.create()
    begun = int(utc_now().timestamp())
    with contextlib.suppress(SandboxDeclined):
        pay(made.client_secret, "222222227", base_url=sandboxed.url)
    sandboxed.control("advance")
    found = sandboxed.gateway.retrieve_intent(account=ACCOUNT, intent_id=made.id)
    assert found.failed_method == "Bank debit ending 2227"
    assert begun <= found.tried_at <= int(utc_now().timestamp())
    assert (made.failed_method, made.tried_at) == ("", 0)


def test_the_same_key_gives_the_same_intent(sandboxed: SandboxedGateway) -> None:
    assert sandboxed.create().id == sandboxed.create().id
    assert sandboxed.create("k2").id != sandboxed.create().id


def test_the_same_key_for_something_else_is_refused(sandboxed: SandboxedGateway) -> None:
    sandboxed.create()
    with pytest.raises(KeyTaken):
        sandboxed.create(amount=9000)


def test_what_we_ask_wrongly_is_refused_with_what_staff_need_to_find_it(
    sandboxed: SandboxedGateway,
) -> None:
    with pytest.raises(
        Rejected, match=r"Stripe refused the request \(\w+, parameter amount, request req_\w+\)"
    ):
        sandboxed.create(amount=0)


def test_another_accounts_intent_is_not_there(sandboxed: SandboxedGateway) -> None:
    made = sandboxed.create()
    with pytest.raises((NotFound, Misconfigured)):
        sandboxed.gateway.retrieve_intent(account="acct_other", intent_id=made.id)
    with pytest.raises(NotFound):
        sandboxed.gateway.retrieve_intent(account=ACCOUNT, intent_id="pi_unknown")


def test_a_paid_intent_cannot_be_cancelled(sandboxed: SandboxedGateway) -> None:
    made = sandboxed.create()
    sandboxed.pay(made)
    with pytest.raises(Conflict):
        sandboxed.gateway.cancel_intent(account=ACCOUNT, intent_id=made.id)


def test_a_wrong_key_is_a_configuration_fault_without_the_key(sandboxed: SandboxedGateway) -> None:
    with pytest.raises(Misconfigured) as caught:
        SandboxedGateway(sandboxed.url, "sk_test_wrongwrongwrong").create()
    assert "wrongwrong" not in str(caught.value)


def test_an_account_tells_whether_it_may_charge(sandboxed: SandboxedGateway) -> None:
    sandboxed.control("accounts", id="acct_new", type="express", charges_enabled=False)
    sandboxed.control("accounts", id="acct_standard", charges_enabled=False)
    assert sandboxed.gateway.account() == GatewayAccount("acct_platform", True)
    assert sandboxed.gateway.account(account=ACCOUNT) == GatewayAccount(ACCOUNT, True)
    assert sandboxed.gateway.account(account="acct_new") == GatewayAccount(
        "acct_new", False, "requirements.past_due"
    )
    # A connected Standard account has no requirements that a platform is told of.
    assert sandboxed.gateway.account(account="acct_standard") == GatewayAccount("acct_standard", False)


def test_an_account_that_is_not_connected_is_not_there(sandboxed: SandboxedGateway) -> None:
    with pytest.raises(NotFound, match="acct_stranger is not connected"):
        sandboxed.gateway.account(account="acct_stranger")
    with pytest.raises(Misconfigured):
        SandboxedGateway(sandboxed.url, "sk_test_wrong").gateway.account()


def test_webhook_endpoints_tell_where_events_go_and_which() -> None:
    config = SandboxConfig(
        webhook_url="http://127.0.0.1:9/hook",
        webhook_events=("payment_intent.succeeded",),
        webhook_enabled=False,
        webhook_connect=False,
    )
    expected = WebhookEndpoint(
        "http://127.0.0.1:9/hook", False, False, frozenset({"payment_intent.succeeded"})
    )
    with SandboxServer(config) as server:
        assert SandboxedGateway(server.url).gateway.webhook_endpoints() == (expected,)
    with SandboxServer(SandboxConfig()) as server:
        assert SandboxedGateway(server.url).gateway.webhook_endpoints() == ()


@pytest.mark.parametrize("kind", ["500", "429", "timeout"])
def test_a_lasting_fault_is_worth_another_try(sandboxed: SandboxedGateway, kind: str) -> None:
    sandboxed.fault(kind=kind, path="/payment_intents", times=9, delay=3.0 if kind == "timeout" else 0)
    with pytest.raises(Unavailable):
        sandboxed.create()


def test_a_kept_500_spends_the_key(sandboxed: SandboxedGateway) -> None:
    sandboxed.fault(kind="500", path="/payment_intents", times=1)
    for _ in range(2):
        with pytest.raises(KeySpent):
            sandboxed.create()
    sandboxed.create("k2")


@pytest.mark.parametrize("kind", ["timeout_after", "disconnect_after"])
def test_a_lost_answer_does_not_make_a_second_intent(sandboxed: SandboxedGateway, kind: str) -> None:
    sandboxed.fault(kind=kind, path="/payment_intents", times=1, delay=2.5)
    made = sandboxed.create()
    assert sandboxed.create().id == made.id


def test_eight_requests_at_once_with_one_key_make_one_intent(sandboxed: SandboxedGateway) -> None:
    found: list[str] = []

    def create() -> None:
        while True:
            try:
                found.append(sandboxed.create().id)
                return
            except Unavailable:
                continue

    threads = [threading.Thread(target=create) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1


def test_secrets_are_not_in_what_is_printed(sandboxed: SandboxedGateway) -> None:
    assert sandboxed.create().client_secret not in repr(sandboxed.create())
    assert "sk_test" not in repr(StripeConfig("sk_test_sandbox", ("whsec_x",), "http://x", 1.0))


def test_a_brief_look_does_not_wait_for_a_slow_answer_nor_ask_twice(sandboxed: SandboxedGateway) -> None:
    made = sandboxed.create()
    sandboxed.fault(path=f"/v1/payment_intents/{made.id}", method="GET", kind="delay", delay=8, times=5)
    sandboxed.http.sent.clear()
    with pytest.raises(Unavailable):
        sandboxed.gateway.retrieve_intent(account=ACCOUNT, intent_id=made.id, brief=True)
    assert len(sandboxed.http.sent) == 1


def test_a_refund_names_its_row_for_this_code_and_for_the_code_before(sandboxed: SandboxedGateway) -> None:
    intent = sandboxed.create()
    sandboxed.pay(intent)
    made = sandboxed.gateway.create_refund(
        account=ACCOUNT, intent_id=intent.id, amount=100, reference="7-20260317", idempotency_key="r"
    )
    (listed,) = sandboxed.gateway.reversals(account=ACCOUNT, intent_id=intent.id).refunds
    assert made == listed
    assert listed.reference == "7-20260317"
    assert listed.created > 0
    sent = next(dict(parse_qsl(data)) for _, path, data in sandboxed.http.sent if path == "/v1/refunds")
    assert sent["metadata[refund_id]"] == "7"
