"""`make smoke-stripe`: the gateway against Stripe's real test mode, through the API, without a browser.

Needs STRIPE_TEST_SECRET_KEY (sk_test_… or rk_test_…); STRIPE_TEST_ACCOUNT (acct_…) may name a connected
account, otherwise the key's own account is used; STRIPE_TEST_CURRENCY defaults to AUD. It pays 12.34 three
times in test mode, refunds a part of one payment, and cancels another intent. No key is printed.

Exit codes: 0 all is as the gateway expects, 1 something is not, 3 the environment lacks or forbids it.
"""

import argparse
import os
import sys
import time
import uuid
from collections.abc import Callable, Mapping

import stripe

from paymail.clock import utc_now
from paymail.errors import Conflict, NotFound, PaymailError, Rejected
from paymail.gateway import StripeConfig, StripeGateway
from paymail.ports.payments import Intent, IntentStatus
from paymail.services.payments.webhook_inbox import USED_EVENTS
from tests.contract.gateway.recorder import OffContract, Recorder, check_request

AMOUNT, PART = 1234, 234
BRANDS = {"pm_card_mastercard": "Mastercard", "pm_card_amex": "American Express"}
TIMEOUT = 60.0
"""Seconds; Stripe lists an event some seconds after it happened."""


class Unexpected(Exception):
    """Stripe did something else than the gateway counts on."""


class Smoke:
    """One run on one account."""

    def __init__(self, key: str, base: str, account: str, currency: str) -> None:
        self.http = Recorder(timeout=20)
        self.gateway = StripeGateway(StripeConfig(key, (), base, 20.0), utc_now, self.http)
        # The customer's part, which the gateway has no method for: Stripe.js does it in the browser.
        self._browser = stripe.StripeClient(key, base_addresses={"api": base})
        self.account = account or self.gateway.account().id
        self.currency = currency
        self._started = int(utc_now().timestamp()) - 60

    def create(self) -> Intent:
        """Make an intent; asking twice under one key gives the same one."""
        asked = {
            "account": self.account,
            "amount": AMOUNT,
            "currency": self.currency,
            "metadata": {"invoice_id": "smoke", "attempt_id": "smoke"},
            "idempotency_key": f"paymail-smoke-{uuid.uuid4()}",
        }
        made = self.gateway.create_intent(**asked)  # type: ignore[arg-type]
        expect(self.gateway.create_intent(**asked).id == made.id, "the same key gave another intent")  # type: ignore[arg-type]
        expect(made.status is IntentStatus.REQUIRES_PAYMENT_METHOD, f"a new intent is {made.status}")
        expect(not made.livemode, "the intent is a live one")
        return made

    def pay(self, made: Intent) -> None:
        """Confirm with a test card, and read what arrived."""
        self._browser.v1.payment_intents.confirm(
            made.id,
            {"payment_method": "pm_card_visa", "return_url": "https://pay.example/"},
            {"stripe_account": self.account},
        )
        paid = self.gateway.retrieve_intent(account=self.account, intent_id=made.id)
        expect(paid.status is IntentStatus.SUCCEEDED, f"after paying it is {paid.status}")
        expect(paid.amount_received == AMOUNT, f"received {paid.amount_received}")
        expect(paid.currency == self.currency, f"in {paid.currency}")
        expect(paid.invoice_id == "smoke", "the metadata is not there")
        expect(paid.method == "Visa ending 4242", f"by {paid.method!r}")

    def brands(self) -> None:
        """Pay by other brands of cards, and read their names."""
        for card, name in BRANDS.items():
            made = self.create()
            self._browser.v1.payment_intents.confirm(
                made.id,
                {"payment_method": card, "return_url": "https://pay.example/"},
                {"stripe_account": self.account},
            )
            how = self.gateway.retrieve_intent(account=self.account, intent_id=made.id).method
            expect(how.startswith(f"{name} ending "), f"{card} by {how!r}")

    def account_tells(self) -> None:
        """Read the account, which has no requirements when it is a connected Standard one."""
        found = self.gateway.account(account=self.account)
        expect(found.charges_enabled, f"{found.id} cannot charge ({found.hindrance or 'no reason given'})")

    def refuse(self, made: Intent) -> None:
        """A paid intent cannot be cancelled, an unknown one is not there, and what is wrong is our fault."""
        gateway, account = self.gateway, self.account
        raises(Conflict, lambda: gateway.cancel_intent(account=account, intent_id=made.id))
        raises(NotFound, lambda: gateway.retrieve_intent(account=account, intent_id="pi_paymailsmoke"))
        wrong = {"account": account, "amount": 0, "currency": self.currency, "metadata": {}}
        key = f"paymail-smoke-{uuid.uuid4()}"
        raises(Rejected, lambda: gateway.create_intent(**wrong, idempotency_key=key))  # type: ignore[arg-type]

    def refund(self, made: Intent) -> None:
        """Give a part back, and find it in both lists."""
        given = self.gateway.create_refund(
            account=self.account,
            intent_id=made.id,
            amount=PART,
            reference="7",
            idempotency_key=f"paymail-smoke-{uuid.uuid4()}",
        )
        expect(given.status in ("pending", "succeeded"), f"the refund is {given.status}")
        found = self.gateway.reversals(account=self.account, intent_id=made.id)
        expect(
            [(one.id, one.amount, one.reference) for one in found.refunds] == [(given.id, PART, "7")],
            "refund",
        )
        recent = self.gateway.recent_reversals(account=self.account, since=self._started)
        expect(given.id in [one.id for one in recent.refunds], "the refund is not in the account's list")

    def cancel(self) -> None:
        """Make another intent and cancel it."""
        made = self.create()
        cancelled = self.gateway.cancel_intent(account=self.account, intent_id=made.id)
        expect(cancelled.status is IntentStatus.CANCELED, f"after cancelling it is {cancelled.status}")

    def lists(self, made: Intent) -> None:
        """Find the intent and its events as the reconciler does."""
        listed = self.gateway.recent_intents(account=self.account, since=self._started)
        expect(made.id in [intent.id for intent in listed], "the intent is not in the account's list")
        deadline = time.monotonic() + TIMEOUT
        wanted = {"payment_intent.succeeded", "charge.refunded"}
        while missing := wanted - self._events(made.id):
            expect(time.monotonic() < deadline, f"no event {', '.join(sorted(missing))} was listed")
            time.sleep(1)

    def _events(self, intent_id: str) -> set[str]:
        events = self.gateway.events(account=self.account, since=self._started, types=USED_EVENTS)
        return {event.type for event in events if event.intent_id == intent_id}

    def contract(self) -> None:
        """Hold all that was sent against the SDK's types."""
        for request in self.http.sent:
            check_request(*request)
        expect(len(self.http.sent) > 12, "little was sent")

    def run(self, say: Callable[[str], None]) -> None:
        """Do all of it; raises at the first surprise."""
        self.account_tells()
        say(f"{self.account} can charge")
        made = self.create()
        say(f"created {made.id} on {self.account}, and again under the same key")
        self.pay(made)
        say("paid it with a test card, and read it back")
        self.brands()
        say("paid with other brands, and read their names")
        self.refuse(made)
        say("was refused what cannot be done to a paid intent")
        self.refund(made)
        say("refunded a part")
        self.cancel()
        say("cancelled another intent")
        self.lists(made)
        say("found intent and events in the lists")
        self.contract()
        say(f"sent {len(self.http.sent)} requests, all as the SDK's types say")


def expect(good: bool, surprise: str) -> None:
    """Raise Unexpected unless it is so."""
    if not good:
        raise Unexpected(surprise)


def raises(kind: type[PaymailError], call: Callable[[], object]) -> None:
    """Raise Unexpected unless the call fails as it should."""
    try:
        call()
    except kind:
        return
    raise Unexpected(f"Stripe did not refuse what should be a {kind.__name__}")


def main(arguments: list[str], environ: Mapping[str, str], say: Callable[[str], None] = print) -> int:
    """Run against the address given; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--base", default="https://api.stripe.com")
    given = parser.parse_args(arguments)
    key = environ.get("STRIPE_TEST_SECRET_KEY", "")
    if not key:
        say("STRIPE_TEST_SECRET_KEY is missing: give a secret key of Stripe's test mode (sk_test_…)")
        return 3
    if not key.startswith(("sk_test_", "rk_test_")):
        say("STRIPE_TEST_SECRET_KEY is no key of Stripe's test mode: real money is not touched")
        return 3
    account, currency = environ.get("STRIPE_TEST_ACCOUNT", ""), environ.get("STRIPE_TEST_CURRENCY", "AUD")
    try:
        Smoke(key, given.base, account, currency).run(say)
    except (Unexpected, OffContract, PaymailError) as error:
        say(f"FAILED: {error}")
        return 1
    except stripe.error.StripeError as error:
        # Its text may name the key.
        say(f"FAILED: {type(error).__name__} ({error.code or 'no code'}) while confirming")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
