"""A status that paymail does not know, or an object that it cannot read, stops nothing and is shown."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from paymail import db
from paymail.models import (
    AttemptStatus,
    Dispute,
    DisputeState,
    GatewayEvent,
    GatewayEventState,
    PaymentStatus,
    Refund,
    RefundStatus,
)
from paymail.ports.payment_errors import Unreadable
from paymail.ports.payments import Intent, IntentStatus
from paymail.ports.reversals import GatewayDispute, GatewayRefund, Reversals
from paymail.services import reconciliation
from paymail.services.payments import checkout, intent_cancellation, webhook_inbox
from paymail.services.reconciliation import Kind, drift_store
from paymail.services.refunds import refund_requests
from tests.factories import LedgerGateway
from tests.services.ledger import Books
from tests.services.paying_customer import PayingCustomer
from tests.services.refunds.test_reversals import refund


class Odd(LedgerGateway):
    """Has an intent that cannot be read, as Stripe would have after a change of its API."""

    unreadable = ""

    def retrieve_intent(self, *, account: str, intent_id: str, brief: bool = False) -> Intent:
        if intent_id == self.unreadable:
            raise Unreadable(f"Stripe's answer about payment {intent_id} cannot be read")
        return super().retrieve_intent(account=account, intent_id=intent_id, brief=brief)

    def recent_intents(self, *, account: str, since: int) -> Iterator[Intent]:
        found = super().recent_intents(account=account, since=since)
        return (intent for intent in found if intent.id != self.unreadable)


@pytest.fixture
def books(engine: Engine) -> Books:
    return Books(engine, Odd())


def unknown(books: Books, intent: Intent) -> Intent:
    return books.gateway.set(intent.id, status=IntentStatus.UNKNOWN, unfamiliar="teleported")


def work(books: Books, intent: Intent, kind: str = "payment_intent.succeeded") -> GatewayEventState:
    event = books.happen(intent.id, kind)
    books.receive(event)
    webhook_inbox.work_event(books.context, event_id=event.id)
    with db.reading(books.engine) as session:
        return session.get_one(GatewayEvent, event.id).state


def test_an_intent_of_an_unknown_status_is_not_paid_and_staff_see_the_word(books: Books) -> None:
    intent = unknown(books, books.start())
    assert work(books, intent) is GatewayEventState.DONE
    books.move(hours=1)
    books.catch_up()
    assert (books.payments(), books.attempt().status) == (0, AttemptStatus.OPEN)
    for _ in range(2):
        reconciliation.compare_and_keep(books.context, days=7)
    with db.reading(books.engine) as session:
        (drift,) = drift_store.open_drifts(session)
        assert (drift.kind, drift.stripe) == (Kind.UNKNOWN_STATUS, "payment: status teleported")
    assert len(books.notices()) == 1
    books.gateway.succeed(intent.id)
    books.gateway.set(intent.id, unfamiliar="")
    assert books.compare() == []
    assert books.payments() == 1


def test_what_is_clearing_goes_on_doing_so_while_the_status_is_unknown(books: Books) -> None:
    intent = books.start()
    books.gateway.set(intent.id, status=IntentStatus.PROCESSING)
    work(books, intent, "payment_intent.processing")
    unknown(books, intent)
    assert work(books, intent) is GatewayEventState.DONE
    assert books.attempt().status is AttemptStatus.PROCESSING
    assert books.invoice().payment_status is PaymentStatus.PROCESSING


def test_who_wants_to_pay_gets_another_intent_and_the_unknown_one_dies(books: Books) -> None:
    first = unknown(books, books.start())
    token = books.invoice().payment_token or ""
    second = checkout.start_payment(books.context, token=token)
    assert second.id != first.id
    assert books.gateway.intents[first.id].status is IntentStatus.CANCELED


def test_an_unknown_intent_that_was_withdrawn_is_cancelled(books: Books) -> None:
    intent = books.start()
    books.change(type(books.attempt()), status=AttemptStatus.CANCELLING)
    unknown(books, intent)
    intent_cancellation.cancel_marked(books.context)
    assert books.gateway.intents[intent.id].status is IntentStatus.CANCELED
    assert books.attempt().status is AttemptStatus.CANCELED


def test_a_refund_of_an_unknown_status_counts_as_pending_and_is_shown(books: Books) -> None:
    intent = books.pay()
    books.gateway.refunds["re_1"] = GatewayRefund(
        "re_1", intent.id, 1000, "AUD", "pending", unfamiliar="none"
    )
    assert work(books, intent, "charge.refunded") is GatewayEventState.DONE
    with db.reading(books.engine) as session:
        assert session.query(Refund).one().status is RefundStatus.PENDING
    (found,) = books.compare()
    assert (found.kind, found.stripe.text) == (Kind.UNKNOWN_STATUS, "refund re_1: status none")
    books.gateway.refunds["re_1"] = GatewayRefund("re_1", intent.id, 1000, "AUD", "succeeded")
    assert books.compare() == []


def test_a_dispute_of_an_unknown_status_is_under_way_and_is_shown(books: Books) -> None:
    intent = books.pay()
    books.gateway.disputes["dp_1"] = GatewayDispute(
        "dp_1", intent.id, intent.amount, "AUD", "teleported", unfamiliar="teleported"
    )
    assert work(books, intent, "charge.dispute.created") is GatewayEventState.DONE
    with db.reading(books.engine) as session:
        assert session.query(Dispute).one().state is DisputeState.OPEN
    assert [(found.kind, found.subject) for found in books.compare()] == [(Kind.UNKNOWN_STATUS, "dp_1")]


def test_an_intent_that_cannot_be_read_stops_no_other(books: Books) -> None:
    odd, good = books.start(), books.start(503)
    assert isinstance(books.gateway, Odd)
    books.gateway.unreadable = odd.id
    books.gateway.succeed(good.id)
    books.move(hours=1)
    assert books.catch_up().failures == {}
    assert books.payments() == 1
    (found,) = books.compare()
    assert (found.kind, found.intent_id, found.invoice_ref) == (Kind.UNKNOWN_STATUS, odd.id, "502")
    assert "cannot be read" in found.stripe.text
    assert work(books, odd) is GatewayEventState.RECEIVED


class Unsure(LedgerGateway):
    """Makes a refund, and its answers about refunds cannot be read any more."""

    def create_refund(
        self,
        *,
        account: str,
        intent_id: str,
        amount: int,
        reference: str,
        idempotency_key: str,
        refund_fee: bool | None = None,
    ) -> GatewayRefund:
        super().create_refund(
            account=account,
            intent_id=intent_id,
            amount=amount,
            reference=reference,
            idempotency_key=f"{idempotency_key}-{len(self.refunds)}",  # Stripe forgets keys after a day
        )
        raise Unreadable("Stripe's answer about refund re_1 cannot be read")

    def reversals(self, *, account: str, intent_id: str) -> Reversals:
        return Reversals(left_out=len(self.refunds))


def test_a_refund_whose_answer_cannot_be_read_is_neither_failed_nor_made_twice(engine: Engine) -> None:
    payer = PayingCustomer(engine, Unsure())
    payer.pay()
    refund(payer, 2000)
    for _ in range(3):
        refund_requests.carry_out(payer.context)
        payer.later(days=2)
    assert len(payer.gateway.refunds) == 1
    assert [(row.status, "cannot be read" in row.failure) for row in payer.refunds()] == [
        (RefundStatus.REQUESTED, True)
    ]
