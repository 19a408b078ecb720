"""Two windows, Stripe, its events, staff and the sweeps at random: one live payment, each recorded once."""

import random
from contextlib import suppress
from datetime import timedelta

import pytest
from sqlalchemy import Engine

from paymail.errors import PaymailError
from paymail.models import LIVE_ATTEMPTS, AttemptStatus, Payment
from paymail.ports.payments import IntentStatus
from paymail.services import reconciliation
from paymail.services.ledger import open_intent
from paymail.services.payments import intent_cancellation
from paymail.services.payments.another_way import pay_another_way
from paymail.services.payments.confirmation import confirm_payment
from tests.services.paying_customer import PayingCustomer

STEPS = 30
LIVE = (IntentStatus.REQUIRES_PAYMENT_METHOD, IntentStatus.REQUIRES_ACTION, IntentStatus.PROCESSING)


class Walk:
    """A customer who pays an invoice of three parts in any way, and everything that may come between."""

    def __init__(self, engine: Engine, seed: int) -> None:
        self.chance = random.Random(seed)
        self.payer = PayingCustomer(engine)
        self.payer.allow_parts()
        self.acts = (
            self.presses, self.picks_code, self.pays_by_code, self.clears, self.gives_up, self.pays_by_card,
            self.page_asks, self.another_way, self.event, self.sweep, self.reconciler, self.books_change,
        )  # fmt: skip

    def step(self) -> None:
        self.payer.later(seconds=self.chance.choice((1, 40, 700)))
        with suppress(PaymailError):
            self.chance.choice(self.acts)()

    def one(self, *statuses: IntentStatus) -> str:
        found = [one.id for one in self.payer.gateway.intents.values() if one.status in statuses]
        return self.chance.choice(found) if found else "pi_none"

    def presses(self) -> None:
        self.payer.start(amount=self.chance.choice((2750, 8250)))

    def picks_code(self) -> None:
        if (intent := self.one(*LIVE[:2])) != "pi_none":
            kind = self.chance.choice(("konbini", "payto", "customer_balance"))
            self.payer.gateway.await_customer(intent, kind, self.payer.now + timedelta(hours=1))

    def pays_by_code(self) -> None:
        if (intent := self.one(IntentStatus.REQUIRES_ACTION, IntentStatus.PROCESSING)) != "pi_none":
            self.payer.gateway.succeed(intent)

    def clears(self) -> None:
        if (intent := self.one(IntentStatus.REQUIRES_ACTION)) != "pi_none":
            self.payer.gateway.set(intent, status=IntentStatus.PROCESSING, waiting=None)

    def gives_up(self) -> None:
        if (intent := self.one(IntentStatus.REQUIRES_ACTION, IntentStatus.PROCESSING)) != "pi_none":
            self.payer.gateway.give_up(intent)

    def pays_by_card(self) -> None:
        if (intent := self.one(*LIVE[:2])) != "pi_none":
            self.payer.gateway.succeed(intent)

    def page_asks(self) -> None:
        intent = self.one(*IntentStatus)
        confirm_payment(self.payer.context, token=self.payer.token, intent_id=intent)

    def another_way(self) -> None:
        pay_another_way(self.payer.context, token=self.payer.token, intent_id=self.one(*IntentStatus))

    def event(self) -> None:
        kinds = ("requires_action", "processing", "payment_failed", "succeeded", "canceled")
        self.payer.tell(f"payment_intent.{self.chance.choice(kinds)}", self.one(*IntentStatus))

    def sweep(self) -> None:
        intent_cancellation.cancel_marked(self.payer.context)

    def reconciler(self) -> None:
        reconciliation.catch_up(self.payer.context, live=False)

    def books_change(self) -> None:
        with self.payer.transaction() as session:
            open_intent.mark_for_cancellation(session, invoice_id=502, now=self.payer.now)

    def check(self) -> None:
        live = [one for one in self.payer.attempts() if one.status in LIVE_ATTEMPTS]
        assert len(live) <= 1
        chargeable = [one.id for one in self.payer.gateway.intents.values() if one.status in LIVE]
        assert len(chargeable) <= 1
        waits = [one for one in self.payer.attempts() if one.waits_for]
        assert all(one.status is AttemptStatus.WAITING for one in waits)

    def settle(self) -> None:
        """Let all news arrive."""
        for _ in range(3):
            self.payer.later(hours=2)
            for intent in list(self.payer.gateway.intents):
                self.payer.tell("payment_intent.succeeded", intent)
            self.sweep()
            self.reconciler()


@pytest.mark.parametrize("seed", range(8))
def test_whatever_happens_there_is_one_live_payment_and_each_is_recorded_once(
    engine: Engine, seed: int
) -> None:
    walk = Walk(engine, seed)
    for _ in range(STEPS):
        walk.step()
        walk.check()
    walk.settle()
    stripes = [one for one in walk.payer.gateway.intents.values() if one.status is IntentStatus.SUCCEEDED]
    payments: list[Payment] = list(walk.payer.all(Payment))  # type: ignore[arg-type]
    assert sorted(one.intent_id or "" for one in payments) == sorted(one.id for one in stripes)
    assert walk.payer.invoice().amount_paid == sum(one.amount for one in stripes)
    assert len(walk.payer.mails("receipt")) == len(payments)
