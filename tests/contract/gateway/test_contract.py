"""Every method of the gateway, and every request that it sends, is as the SDK's own types say."""

import inspect
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
import stripe

from paymail.clock import utc_now
from paymail.gateway import StripeConfig, StripeGateway
from paymail.ports.payments import Gateway, Intent
from paymail.sandbox.config import SandboxConfig
from paymail.sandbox.customer import pay
from paymail.sandbox.server import SandboxServer
from paymail.services.payments.webhook_inbox import USED_EVENTS
from tests.contract.gateway.recorder import OffContract, Recorder, check_request

ACCOUNT = "acct_sandbox"


@dataclass
class SandboxedGateway:
    """The real gateway against a sandbox, with what left written down."""

    url: str
    http: Recorder
    gateway: StripeGateway

    def create(self, key: str = "k1", **more: object) -> Intent:
        asked = {"account": ACCOUNT, "amount": 8250, "currency": "AUD", "metadata": {"invoice_id": "502"}}
        return self.gateway.create_intent(idempotency_key=key, **(asked | more))  # type: ignore[arg-type]

    def customer(self) -> str:
        return self.gateway.create_customer(account=ACCOUNT, reference="17", idempotency_key="c")

    def kept(self) -> str:
        """A method that stays with a customer."""
        made = self.create("kept", customer=self.customer())
        pay(made.client_secret, base_url=self.url)
        found = self.gateway.retrieve_intent(account=ACCOUNT, intent_id=made.id)
        self.http.sent.clear()
        return found.reusable.id if found.reusable else ""

    def paid(self, fee: int = 0) -> Intent:
        made = self.create(f"paid-{fee}", fee=fee)
        pay(made.client_secret, base_url=self.url)
        return made


@pytest.fixture
def sandboxed() -> Iterator[SandboxedGateway]:
    http = Recorder()
    with SandboxServer(SandboxConfig(webhook_url="http://127.0.0.1:9/hook")) as server:
        config = StripeConfig("sk_test_sandbox", ("whsec_sandbox",), server.url, 2.0)
        yield SandboxedGateway(server.url, http, StripeGateway(config, utc_now, http))


def refund(sandboxed: SandboxedGateway, fee: int = 0, refund_fee: bool | None = None) -> None:
    intent = sandboxed.paid(fee=fee)
    sandboxed.gateway.create_refund(
        account=ACCOUNT,
        intent_id=intent.id,
        amount=100,
        reference="7",
        idempotency_key=f"r-{intent.id}",
        refund_fee=refund_fee,
    )


CALLS: dict[str, list[Callable[[SandboxedGateway], object]]] = {
    "create_intent": [
        lambda b: b.create(),
        lambda b: b.create("k2", fee=100),
        lambda b: b.create("k3", invoice_number="502"),
        lambda b: b.create("k4", customer=b.customer()),
    ],
    "retrieve_intent": [
        lambda b: b.gateway.retrieve_intent(account=ACCOUNT, intent_id=b.create().id),
        lambda b: b.gateway.retrieve_intent(account=ACCOUNT, intent_id=b.create().id, brief=True),
    ],
    "cancel_intent": [lambda b: b.gateway.cancel_intent(account=ACCOUNT, intent_id=b.create().id)],
    "create_customer": [lambda b: b.customer()],
    "detach_method": [lambda b: b.gateway.detach_method(account=ACCOUNT, method_id=b.kept())],
    "is_attached": [lambda b: b.gateway.is_attached(account=ACCOUNT, method_id=b.kept())],
    "create_refund": [refund, lambda b: refund(b, 41, True), lambda b: refund(b, 42, False)],
    "reversals": [lambda b: b.gateway.reversals(account=ACCOUNT, intent_id=b.paid().id)],
    "recent_reversals": [lambda b: b.gateway.recent_reversals(account=ACCOUNT, since=1)],
    "events": [lambda b: list(b.gateway.events(account=ACCOUNT, since=1, types=USED_EVENTS))],
    "recent_intents": [lambda b: list(b.gateway.recent_intents(account=ACCOUNT, since=1))],
    "account": [lambda b: b.gateway.account(), lambda b: b.gateway.account(account=ACCOUNT)],
    "webhook_endpoints": [lambda b: b.gateway.webhook_endpoints()],
}
SENDS_NOTHING = {"verify_event"}
EXPECTED = {
    "create_intent": {"PaymentIntentCreateParams"},
    "retrieve_intent": {"PaymentIntentRetrieveParams"},
    "cancel_intent": {"PaymentIntentCancelParams"},
    "create_customer": {"CustomerCreateParams"},
    "detach_method": {"PaymentMethodDetachParams"},
    "is_attached": {"PaymentMethodRetrieveParams"},
    "create_refund": {"RefundCreateParams"},
    "reversals": {"RefundListParams", "DisputeListParams"},
    "recent_reversals": {"RefundListParams", "DisputeListParams"},
    "events": {"EventListParams"},
    "recent_intents": {"PaymentIntentListParams"},
    "account": {"AccountRetrieveCurrentParams", "AccountRetrieveParams"},
    "webhook_endpoints": {"WebhookEndpointListParams"},
}


def methods_of(kind: type) -> set[str]:
    return {name for name, _ in inspect.getmembers(kind, inspect.isfunction) if not name.startswith("_")}


def test_every_method_of_the_gateway_has_a_contract() -> None:
    asked = methods_of(Gateway) - SENDS_NOTHING
    assert asked == set(CALLS) == set(EXPECTED)
    assert methods_of(StripeGateway) - SENDS_NOTHING == asked


@pytest.mark.parametrize("name", sorted(CALLS))
def test_every_request_of_a_method_is_as_the_sdks_own_types_say(
    sandboxed: SandboxedGateway, name: str
) -> None:
    types: set[str] = set()
    for call in CALLS[name]:
        sandboxed.http.sent.clear()
        call(sandboxed)
        assert sandboxed.http.sent, "nothing left, so nothing was checked"
        types |= {check_request(*request) for request in sandboxed.http.sent}
    assert EXPECTED[name] <= types
    # What a call needs beforehand is a new intent; nothing else may leave.
    assert types <= EXPECTED[name] | {"PaymentIntentCreateParams", "CustomerCreateParams"}


@pytest.mark.parametrize(
    ("method", "path", "data", "fault"),
    [
        ("post", "/v1/payment_intents", "amuont=1", "amuont is not in"),
        ("post", "/v1/payment_intents", "amount=12.5", "is no integer"),
        ("post", "/v1/payment_intents", "automatic_payment_methods[enable]=true", "enable is not in"),
        ("post", "/v1/payment_intents", "automatic_payment_methods[enabled]=yes", "is no boolean"),
        ("get", "/v1/events", "created[since]=5", "since is not in"),
        ("get", "/v1/refunds", "intent=pi_1", "intent is not in"),
        ("delete", "/v1/payment_intents/pi_1", "", "has no contract"),
        ("get", "/v1/balance_transactions", "", "has no contract"),
    ],
)
def test_a_request_off_the_contract_is_seen(method: str, path: str, data: str, fault: str) -> None:
    with pytest.raises(OffContract, match=fault):
        check_request(method, path, data)


def test_the_events_asked_for_are_types_that_stripe_has() -> None:
    kinds = stripe.params.WebhookEndpointCreateParams.__annotations__["enabled_events"]
    known = json.dumps(str(kinds))
    assert [kind for kind in USED_EVENTS if kind not in known] == []
