"""What waits for the customer's own act, read from Stripe's objects; and the kinds that may be offered."""

import re
from typing import Any

import pytest
import stripe
from stripe.params import _payment_intent_create_params as params

from paymail.clock import utc_now
from paymail.gateway import StripeConfig, StripeGateway
from paymail.gateway.translation.intents import intent_from
from paymail.ports.payment_methods import EXCLUDED, HANDLED
from paymail.ports.payments import EXPIRED, IntentStatus, Waiting
from paymail.sandbox.config import SandboxConfig
from paymail.sandbox.customer import pay
from paymail.sandbox.server import SandboxServer
from tests.contract.gateway.recorder import Recorder

URL = "https://payments.stripe.com/page/1"
VOUCHER = {"expires_at": 1774105199, "hosted_voucher_url": URL}


def intent(**more: Any) -> stripe.PaymentIntent:
    """The least of an intent, as Stripe sends it."""
    least = {
        "id": "pi_1",
        "object": "payment_intent",
        "amount": 8250,
        "amount_received": 0,
        "client_secret": "pi_1_secret_x",
        "created": 1774000000,
        "currency": "jpy",
        "last_payment_error": None,
        "latest_charge": None,
        "livemode": False,
        "metadata": {},
        "next_action": None,
        "payment_method": "pm_1",
        "status": "requires_action",
    }
    return stripe.PaymentIntent.construct_from(least | more, "sk_test_x")


ACTIONS = [
    ("konbini_display_details", {**VOUCHER, "stores": {}}, Waiting("konbini", 1774105199, URL)),
    ("boleto_display_details", {**VOUCHER, "number": "1", "pdf": URL}, Waiting("boleto", 1774105199, URL)),
    ("multibanco_display_details", VOUCHER, Waiting("multibanco", 1774105199, URL)),
    (
        "oxxo_display_details",
        {"expires_after": 1774105199, "hosted_voucher_url": URL},
        Waiting("oxxo", 1774105199, URL),
    ),
    ("oxxo_display_details", {"expires_after": None, "hosted_voucher_url": None}, Waiting("oxxo")),
    ("pagacash_display_details", {"new": 1}, Waiting("pagacash")),
    (
        "display_bank_transfer_instructions",
        {"type": "jp_bank_transfer", "hosted_instructions_url": URL, "amount_remaining": 8250},
        Waiting("customer_balance", 0, URL),
    ),
    (
        "verify_with_microdeposits",
        {"arrival_date": 1774105199, "hosted_verification_url": URL},
        Waiting("us_bank_account", 0, URL),
    ),
    ("payto_await_authorization", None, Waiting("payto")),
    ("mb_way_await_authorization", None, Waiting("mb_way")),
    ("await_authorization", None, Waiting("")),
    ("card_await_notification", {"charge_attempt_at": 1774105199}, Waiting("card")),
    ("use_stripe_sdk", {"type": "three_d_secure_redirect"}, None),
    ("redirect_to_url", {"url": URL, "return_url": URL}, None),
    ("pix_display_qr_code", {"expires_at": 1774105199, "hosted_instructions_url": URL}, None),
    ("something_new", None, None),
]


@pytest.mark.parametrize(("kind", "details", "expected"), ACTIONS)
def test_each_next_action_is_a_wait_for_the_customer_or_none(
    kind: str, details: dict[str, Any] | None, expected: Waiting | None
) -> None:
    action = {"type": kind} | ({kind: details} if details is not None else {})
    assert intent_from(intent(next_action=action), "acct_1").waiting == expected


def test_the_method_names_an_approval_that_does_not_say_whose_it_is() -> None:
    found = intent(
        next_action={"type": "await_authorization"}, payment_method={"id": "pm_1", "type": "bizum"}
    )
    assert intent_from(found, "acct_1").waiting == Waiting("bizum")


def test_an_intent_that_is_over_waits_for_nobody() -> None:
    action = {"type": "konbini_display_details", "konbini_display_details": VOUCHER}
    assert intent_from(intent(next_action=action, status="canceled"), "acct_1").waiting is None


def test_an_address_too_long_for_any_page_is_left_out() -> None:
    details = {**VOUCHER, "hosted_voucher_url": URL + "x" * 2000}
    action = {"type": "konbini_display_details", "konbini_display_details": details}
    assert intent_from(intent(next_action=action), "acct_1").waiting == Waiting("konbini", 1774105199)


def test_the_page_of_the_code_is_in_no_log() -> None:
    assert URL not in repr(Waiting("konbini", 1, URL))


def test_every_kind_that_the_sdk_names_is_taken_or_excluded() -> None:
    field = params.PaymentIntentCreateParams.__annotations__["excluded_payment_method_types"]
    kinds = set(re.findall(r"['\"](\w+)['\"]", str(field)))
    assert set(EXCLUDED) | HANDLED == kinds
    assert not set(EXCLUDED) & HANDLED


@pytest.fixture(scope="module")
def server() -> Any:
    with SandboxServer(SandboxConfig()) as found:
        yield found


def test_what_is_excluded_is_asked_for_and_the_sandboxes_codes_wait(server: SandboxServer) -> None:
    http = Recorder()
    config = StripeConfig("sk_test_sandbox", ("whsec_sandbox",), server.url, 5.0)
    gateway = StripeGateway(config, utc_now, http)
    made = gateway.create_intent(
        account="acct_sandbox", amount=8250, currency="JPY", metadata={}, idempotency_key="k"
    )
    sent = http.sent[0][2]
    assert all(kind in sent for kind in EXCLUDED)
    pay(made.client_secret, "konbini", base_url=server.url)
    found = gateway.retrieve_intent(account="acct_sandbox", intent_id=made.id)
    assert found.status is IntentStatus.REQUIRES_ACTION
    assert found.waiting is not None
    assert (found.waiting.kind, found.waiting.instructions_url[: len(server.url)]) == ("konbini", server.url)
    assert found.waiting.expires_at > found.created


def test_a_code_that_expired_says_so_and_by_which_method() -> None:
    error = {"code": EXPIRED, "type": "invalid_request_error", "payment_method": {"type": "konbini"}}
    found = intent_from(intent(status="requires_payment_method", last_payment_error=error), "acct_1")
    assert (found.failure, found.failed_kind, found.waiting) == (EXPIRED, "konbini", None)
