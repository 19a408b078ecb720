"""What an intent is called at Stripe: the invoice's number, unless Stripe would not have it."""

from collections.abc import Iterator
from typing import Any

import pytest
import stripe

from paymail.clock import utc_now
from paymail.errors import Rejected, Unavailable
from paymail.gateway import StripeConfig, StripeGateway
from paymail.gateway.statement_descriptor import LONGEST, suffix_of
from paymail.ports.payment_errors import KeyTaken
from paymail.sandbox.config import API_VERSION, SandboxConfig
from paymail.sandbox.server import SandboxServer
from paymail.stripe_settings import STRIPE_JS_RELEASE
from tests.contract.gateway.recorder import Recorder

ACCOUNT = "acct_sandbox"
LONG_PREFIX = (
    b'{"error": {"type": "invalid_request_error", "param": "statement_descriptor_suffix",'
    b' "message": "The statement descriptor is too long for this account."}}'
)


@pytest.mark.parametrize(
    ("number", "suffix"),
    [
        ("502", "INV 502"),
        ("1234567", "INV1234567"),
        ("123456789", "I123456789"),
        ("1234567890", ""),
        ("INV-2026-7", "INV-2026-7"),
        ("INV-2026-17", ""),
        ("RE/Zürich 1", ""),
        ("Zürich 1", "Zurich 1"),
        ("<A>*'\"\\1", "A 1"),
        ("第17号", "INV 17"),
        ("فاتورة", ""),
        ("#17", "INV 17"),
        ("---", ""),
        ("", ""),
    ],
)
def test_a_number_that_does_not_fit_is_left_out_rather_than_cut(number: str, suffix: str) -> None:
    assert suffix_of(number) == suffix
    assert len(suffix) <= LONGEST


class PrefixTooLong(Recorder):
    """Stripe, for an account that takes no suffix."""

    def request(self, method: str, url: str, headers: Any, post_data: Any = None) -> Any:
        if "statement_descriptor_suffix" in (post_data or ""):
            self.keys.append(headers["Idempotency-Key"])
            return LONG_PREFIX, 400, {}
        return super().request(method, url, headers, post_data)

    keys: list[str]


@pytest.fixture
def url() -> Iterator[str]:
    with SandboxServer(SandboxConfig()) as server:
        yield server.url


def gateway(url: str, http: Recorder | None = None) -> StripeGateway:
    return StripeGateway(StripeConfig("sk_test_sandbox", (), url, 2.0), utc_now, http or Recorder())


def asked(number: str = "502", key: str = "k1", **more: Any) -> dict[str, Any]:
    return {
        "account": ACCOUNT,
        "amount": 8250,
        "currency": "AUD",
        "metadata": {"invoice_id": "502"},
        "idempotency_key": key,
        "invoice_number": number,
    } | more


def at_stripe(url: str, intent_id: str) -> stripe.PaymentIntent:
    client = stripe.StripeClient("sk_test_sandbox", base_addresses={"api": url})
    return client.v1.payment_intents.retrieve(intent_id, None, {"stripe_account": ACCOUNT})


@pytest.mark.parametrize(
    ("number", "description", "suffix"),
    [("502", "Invoice 502", "INV 502"), ("R-2026-000017", "Invoice R-2026-000017", None), ("", None, None)],
)
def test_an_intent_carries_the_invoices_number(
    url: str, number: str, description: str | None, suffix: str | None
) -> None:
    found = at_stripe(url, gateway(url).create_intent(**asked(number)).id)
    assert (found.description, found.statement_descriptor_suffix) == (description, suffix)
    assert found.statement_descriptor is None


def test_a_suffix_that_stripe_refuses_does_not_stop_the_payment(url: str) -> None:
    http = PrefixTooLong()
    http.keys = []
    made = [gateway(url, http).create_intent(**asked()) for _ in range(2)]
    assert made[0] == made[1]
    found = at_stripe(url, made[0].id)
    assert (found.description, found.statement_descriptor_suffix) == ("Invoice 502", None)
    assert http.keys == ["k1", "k1"]


def test_anything_else_that_stripe_refuses_is_not_asked_again(url: str) -> None:
    http = Recorder()
    with pytest.raises(Rejected):
        gateway(url, http).create_intent(**asked(amount=1))
    assert len(http.sent) == 1


def test_a_key_known_with_other_parameters_calls_for_another_key(url: str) -> None:
    gateway(url).create_intent(**asked(""))
    with pytest.raises(KeyTaken) as refusal:
        gateway(url).create_intent(**asked("502"))
    assert isinstance(refusal.value, Unavailable)
    assert gateway(url).create_intent(**asked("502", "k2")).amount == 8250


def test_what_goes_to_the_platform_is_read_from_the_intent(url: str) -> None:
    made = gateway(url).create_intent(**asked(fee=41))
    assert (made.fee, gateway(url).create_intent(**asked(key="k2")).fee) == (41, 0)


def test_the_browsers_stripe_js_belongs_to_the_servers_api_version() -> None:
    assert stripe.api_version.rpartition(".")[2] == STRIPE_JS_RELEASE
    assert stripe.api_version == API_VERSION
