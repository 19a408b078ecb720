"""Methods that stay at Stripe for later, by the real SDK against the sandbox."""

from collections.abc import Iterator
from typing import Any

import pytest
import stripe

from paymail.clock import utc_now
from paymail.errors import Misconfigured, NotFound
from paymail.gateway import StripeConfig, StripeGateway
from paymail.gateway.translation.reusable_methods import reusable_from
from paymail.ports.payments import Intent
from paymail.ports.saved_methods import FUTURE_USAGE, ReusableMethod
from paymail.sandbox.config import SandboxConfig
from paymail.sandbox.customer import pay
from paymail.sandbox.server import SandboxServer
from tests.contract.gateway.recorder import Recorder

ACCOUNT, OTHER = "acct_sandbox", "acct_other"


class Keeper:
    """The gateway, and what it asked."""

    def __init__(self, url: str) -> None:
        self.url, self.http = url, Recorder()
        self.gateway = StripeGateway(StripeConfig("sk_test_sandbox", (), url, 2.0), utc_now, self.http)

    def customer(self, account: str = ACCOUNT, key: str = "c1") -> str:
        return self.gateway.create_customer(account=account, reference="17", idempotency_key=key)

    def paid(self, customer: str, card: str = "4242424242424242") -> Intent:
        made = self.gateway.create_intent(
            account=ACCOUNT,
            amount=8250,
            currency="AUD",
            metadata={"invoice_id": "502"},
            idempotency_key=f"k-{customer}-{card}",
            customer=customer,
        )
        pay(made.client_secret, card, base_url=self.url)
        return self.gateway.retrieve_intent(account=ACCOUNT, intent_id=made.id)

    def client(self) -> stripe.StripeClient:
        return stripe.StripeClient("sk_test_sandbox", base_addresses={"api": self.url})


@pytest.fixture
def keeper() -> Iterator[Keeper]:
    with SandboxServer(SandboxConfig(accounts=(ACCOUNT, OTHER))) as server:
        yield Keeper(server.url)


def test_a_customer_is_made_once_by_its_key_without_name_or_address(keeper: Keeper) -> None:
    made = keeper.customer()
    assert keeper.customer() == made
    found = keeper.client().v1.customers.retrieve(made, None, {"stripe_account": ACCOUNT})
    assert (found.name, found.email, found.metadata["customer_id"]) == (None, None, "17")  # type: ignore[index]


def test_a_method_stays_with_the_customer_for_payments_that_they_make(keeper: Keeper) -> None:
    customer = keeper.customer()
    paid = keeper.paid(customer)
    assert paid.reusable is not None
    kept = paid.reusable
    assert (kept.customer, kept.brand, kept.last4) == (customer, "Visa", "4242")
    assert isinstance(kept.exp_year, int)
    options: Any = {"stripe_account": ACCOUNT}
    found = keeper.client().v1.payment_intents.retrieve(paid.id, None, options)
    assert (found.setup_future_usage, FUTURE_USAGE) == ("on_session", "on_session")
    assert keeper.gateway.is_attached(account=ACCOUNT, method_id=kept.id)


def test_without_a_customer_nothing_stays(keeper: Keeper) -> None:
    assert keeper.paid("").reusable is None


def test_a_customer_of_another_account_is_not_there(keeper: Keeper) -> None:
    theirs = keeper.customer(OTHER)
    with pytest.raises(NotFound):
        keeper.paid(theirs)


def test_detaching_is_safe_to_repeat_and_says_so_by_event(keeper: Keeper) -> None:
    kept = keeper.paid(keeper.customer()).reusable
    assert kept is not None
    for _ in range(2):
        keeper.gateway.detach_method(account=ACCOUNT, method_id=kept.id)
    keeper.gateway.detach_method(account=ACCOUNT, method_id="pm_unknown")
    assert not keeper.gateway.is_attached(account=ACCOUNT, method_id=kept.id)
    (event,) = keeper.gateway.events(account=ACCOUNT, since=1, types=["payment_method.detached"])
    assert (event.method_id, event.intent_id, event.account) == (kept.id, "", ACCOUNT)


def test_a_refusal_that_leaves_it_attached_is_not_taken_for_done(keeper: Keeper) -> None:
    kept = keeper.paid(keeper.customer()).reusable
    assert kept is not None
    with pytest.raises((NotFound, Misconfigured)):
        keeper.gateway.detach_method(account="acct_gone", method_id=kept.id)
    assert keeper.gateway.is_attached(account=ACCOUNT, method_id=kept.id)


@pytest.mark.parametrize(
    ("charge", "expected"),
    [
        (None, ReusableMethod("pm_1", "cus_1", "")),
        ({"payment_method_details": None}, ReusableMethod("pm_1", "cus_1", "")),
        (
            {"payment_method_details": {"type": "card", "card": {"brand": None, "last4": None}}},
            ReusableMethod("pm_1", "cus_1", "Card"),
        ),
        (
            {"payment_method_details": {"type": "au_becs_debit", "au_becs_debit": {"last4": "6789"}}},
            ReusableMethod("pm_1", "cus_1", "Bank debit", "6789"),
        ),
        ({"payment_method_details": {"type": "link"}}, ReusableMethod("pm_1", "cus_1", "Link")),
    ],
)
def test_what_stripe_leaves_out_is_left_empty(charge: object, expected: ReusableMethod) -> None:
    told = {
        "id": "pi_1",
        "customer": "cus_1",
        "payment_method": "pm_1",
        "setup_future_usage": "on_session",
        "latest_charge": charge,
    }
    assert reusable_from(stripe.PaymentIntent.construct_from(told, "sk_test")) == expected
