"""One odd object among others: the real SDK reads the list, and the gateway goes on past it."""

import json
from collections.abc import Callable
from typing import Any

import pytest
import stripe
from structlog.testing import capture_logs

from paymail.clock import utc_now
from paymail.errors import Misconfigured
from paymail.gateway import StripeConfig, StripeGateway
from paymail.ports.payment_errors import Unreadable
from paymail.ports.payments import IntentStatus
from tests.contract.gateway.annotated import least

KINDS = {
    "payment_intents": stripe.PaymentIntent,
    "refunds": stripe.Refund,
    "disputes": stripe.Dispute,
    "events": stripe.Event,
    "webhook_endpoints": stripe.WebhookEndpoint,
}


class Canned(stripe.HTTPClient):
    """Answers every list with what the test put there."""

    name = "canned"

    def __init__(self) -> None:
        super().__init__()
        self.lists: dict[str, list[dict[str, Any]]] = {}

    def request(self, method: str, url: str, headers: Any, post_data: Any = None) -> Any:
        name = url.partition("?")[0].rsplit("/", 1)[-1]
        body = {"object": "list", "url": f"/v1/{name}", "has_more": False, "data": self.lists.get(name, [])}
        if name.startswith("pi_"):
            body = next(one for one in self.lists["payment_intents"] if one["id"] == name)
        return json.dumps(body), 200, {}

    def put(self, name: str, number: int, **more: Any) -> None:
        values = least(KINDS[name]) | {"id": f"{number}", "payment_intent": "pi_1"} | more
        self.lists.setdefault(name, []).append(
            {key: value for key, value in values.items() if value != "gone"}
        )

    def close(self) -> None:
        pass


@pytest.fixture
def stripe_says() -> Canned:
    return Canned()


@pytest.fixture
def gateway(stripe_says: Canned) -> StripeGateway:
    return StripeGateway(StripeConfig("sk_test_x", (), "http://127.0.0.1:9", 1.0), utc_now, stripe_says)


Read = Callable[[StripeGateway], list[str]]
READS: dict[str, Read] = {
    "payment_intents": lambda asked: [one.id for one in asked.recent_intents(account="acct_1", since=0)],
    "refunds": lambda asked: [one.id for one in asked.reversals(account="acct_1", intent_id="pi_1").refunds],
    "disputes": lambda asked: [one.id for one in asked.recent_reversals(account="acct_1", since=0).disputes],
    "events": lambda asked: [one.id for one in asked.events(account="acct_1", since=0, types=())],
    "webhook_endpoints": lambda asked: [one.url for one in asked.webhook_endpoints()],
}


@pytest.mark.parametrize("name", READS)
def test_what_cannot_be_read_is_left_out_and_logged_once(
    stripe_says: Canned, gateway: StripeGateway, name: str
) -> None:
    gone = {"events": "data", "webhook_endpoints": "url"}.get(name, "currency")
    for number in range(3):
        odd = {gone: "gone"} if number == 1 else {}
        address = {"url": f"{number}"} if name == "webhook_endpoints" else {}
        about = {"type": "charge.refunded", "status": "succeeded"} if name in ("events", "refunds") else {}
        stripe_says.put(name, number, **address | about | odd)
    with capture_logs() as lines:
        assert [READS[name](gateway) for _ in range(3)] == [["0", "2"]] * 3
    assert [(line["event"], line["log_level"]) for line in lines] == [
        ("unreadable object at Stripe", "error")
    ]


def test_what_is_left_out_of_the_money_that_went_back_is_counted(
    stripe_says: Canned, gateway: StripeGateway
) -> None:
    stripe_says.put("refunds", 1, amount="gone")
    stripe_says.put("disputes", 2, currency=None)
    stripe_says.put("disputes", 3)
    told = gateway.reversals(account="acct_1", intent_id="pi_1")
    assert (len(told.refunds), len(told.disputes), told.left_out) == (0, 1, 2)
    with pytest.raises(Unreadable):
        told.refund_of("7")


@pytest.mark.parametrize("name", ["payment_intents", "refunds", "disputes"])
@pytest.mark.parametrize("status", ["teleported", None, "gone"])
def test_an_unknown_status_is_read_and_logged_once_per_object(
    stripe_says: Canned, gateway: StripeGateway, name: str, status: str | None
) -> None:
    for number in range(2):
        stripe_says.put(name, number, status=status)
    with capture_logs() as lines:
        assert [READS[name](gateway) for _ in range(3)] == [["0", "1"]] * 3
    word = "teleported" if status == "teleported" else "none"
    assert [(line["event"], line["object"], line["status"]) for line in lines] == [
        ("unknown status at Stripe", "0", word),
        ("unknown status at Stripe", "1", word),
    ]


def test_a_single_intent_that_cannot_be_read_says_so_and_one_of_an_unknown_status_is_read(
    stripe_says: Canned, gateway: StripeGateway
) -> None:
    stripe_says.put("payment_intents", 0, id="pi_odd", amount="gone")
    stripe_says.put("payment_intents", 0, id="pi_new", status="teleported")
    with pytest.raises(Unreadable, match="payment pi_odd cannot be read"):
        gateway.retrieve_intent(account="acct_1", intent_id="pi_odd")
    found = gateway.retrieve_intent(account="acct_1", intent_id="pi_new")
    assert (found.status, found.unfamiliar) == (IntentStatus.UNKNOWN, "teleported")


class Dead(Canned):
    """Refuses the key."""

    def request(self, method: str, url: str, headers: Any, post_data: Any = None) -> Any:
        return json.dumps({"error": {"type": "invalid_request_error", "message": "no"}}), 401, {}


def test_a_refused_key_is_still_a_configuration_fault() -> None:
    gateway = StripeGateway(StripeConfig("sk_test_x", (), "http://127.0.0.1:9", 1.0), utc_now, Dead())
    with pytest.raises(Misconfigured):
        READS["payment_intents"](gateway)
