"""The reconciler settles what the webhooks missed: events that did not come, and attempts without any."""

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from sqlalchemy import Engine, select

from paymail import db
from paymail.errors import Unavailable
from paymail.models import (
    AttemptStatus,
    Channel,
    Dispute,
    GatewayEvent,
    GatewayEventState,
    Invoice,
    InvoiceStatus,
    Issuer,
    PaymentAttempt,
    PaymentStatus,
    Refund,
)
from paymail.ports.payments import Event, Intent, IntentStatus
from paymail.services.core.issuers import ensure_issuer
from paymail.services.payments import intent_cancellation, manual_payments, webhook_inbox
from paymail.services.payments.manual_payments import ManualPayment
from paymail.services.reconciliation import open_attempts, schedule, turns
from tests.factories import NOW, LedgerGateway
from tests.services.ledger import ACCOUNT, Books


@dataclass
class Listing(LedgerGateway):
    """Also writes down what it was asked for, and fails where told."""

    sinces: list[int] = field(default_factory=list)
    reads: list[str] = field(default_factory=list)
    away: str = ""

    def events(self, *, account: str, since: int, types: Sequence[str]) -> Iterator[Event]:
        if account == self.away:
            raise Unavailable("Stripe could not be reached in time")
        self.sinces.append(since)
        yield from super().events(account=account, since=since, types=types)

    def retrieve_intent(self, *, account: str, intent_id: str, brief: bool = False) -> Intent:
        self.reads.append(intent_id)
        return super().retrieve_intent(account=account, intent_id=intent_id, brief=brief)


@pytest.fixture
def gateway() -> Listing:
    return Listing()


@pytest.fixture
def books(engine: Engine, gateway: Listing) -> Books:
    return Books(engine, gateway)


def test_an_event_that_no_webhook_brought_is_stored_and_settled(books: Books) -> None:
    intent = books.gateway.succeed(books.start().id)
    books.happen(intent.id)
    done = books.catch_up()
    assert (done.events, done.failures) == (1, {})
    assert (books.payments(), books.receipts(), books.count(GatewayEvent)) == (1, 1, 1)
    assert books.catch_up().events == 0


def test_an_event_that_the_webhook_brought_is_left_alone(books: Books) -> None:
    intent = books.gateway.succeed(books.start().id)
    books.receive(books.happen(intent.id))
    webhook_inbox.work_events(books.context)
    assert books.catch_up().events == 0
    assert (books.payments(), books.receipts()) == (1, 1)


def test_events_are_read_from_where_the_last_run_came_to_with_an_overlap(
    books: Books, gateway: Listing
) -> None:
    books.happen(books.start().id, "payment_intent.processing")
    books.catch_up()
    books.move(hours=3)
    books.catch_up()
    month = int((NOW - timedelta(days=30)).timestamp())
    assert gateway.sinces == [month, int(NOW.timestamp()) - 15 * 60]


def test_after_a_long_outage_no_more_than_stripe_keeps_is_asked_for(books: Books, gateway: Listing) -> None:
    books.happen(books.start().id, "payment_intent.processing")
    books.catch_up()
    books.move(days=90)
    books.catch_up()
    assert gateway.sinces[-1] == int((books.clock - timedelta(days=30)).timestamp())


def test_the_cursor_stays_when_the_list_breaks_off(books: Books, gateway: Listing) -> None:
    intent = books.gateway.succeed(books.start().id)
    books.happen(intent.id)
    gateway.away = ACCOUNT
    assert books.catch_up().failures == {ACCOUNT: "Stripe could not be reached in time"}
    gateway.away = ""
    assert books.catch_up().events == 1


def test_events_of_the_other_mode_are_not_taken(books: Books) -> None:
    books.happen(books.start().id, livemode=True)
    assert books.catch_up(live=False).events == 0
    assert books.count(GatewayEvent) == 0


def test_types_that_paymail_does_not_use_are_not_asked_for(books: Books) -> None:
    books.happen(books.start().id, "payment_intent.created")
    assert books.catch_up().events == 0


def test_stripe_takes_no_more_types_in_one_list() -> None:
    # Stripe API reference, "List all events": an array of up to 20 strings.
    assert len(webhook_inbox.USED_EVENTS) <= 20


def test_an_event_that_was_quicker_than_our_row_is_worked_on_again(books: Books) -> None:
    intent = books.gateway.succeed(books.start().id)
    books.change(PaymentAttempt, intent_id=None, status=AttemptStatus.CREATING)
    books.receive(books.happen(intent.id))
    webhook_inbox.work_events(books.context)
    assert books.payments() == 0
    books.change(PaymentAttempt, intent_id=intent.id, status=AttemptStatus.OPEN)
    books.catch_up()
    assert (books.payments(), books.receipts()) == (1, 1)
    with db.reading(books.engine) as session:
        assert [row.state for row in session.scalars(select(GatewayEvent))] == [GatewayEventState.DONE]


def test_a_payment_without_any_event_is_found_by_asking(books: Books) -> None:
    intent = books.gateway.succeed(books.start().id)
    books.refund(intent)
    books.move(minutes=6)
    assert books.catch_up().recorded == 1
    assert (books.payments(), books.receipts(), books.count(Refund)) == (1, 1, 1)


def test_what_the_customer_is_doing_now_is_left_to_the_page(books: Books, gateway: Listing) -> None:
    books.gateway.succeed(books.start().id)
    gateway.reads.clear()
    books.move(minutes=4)
    assert books.catch_up().asked == 0
    assert gateway.reads == []


def test_many_that_are_clearing_do_not_keep_an_open_one_waiting(
    books: Books, gateway: Listing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(open_attempts, "MOST", 1)
    clearing = books.start(501).id
    books.gateway.set(clearing, status=IntentStatus.PROCESSING)
    books.move(minutes=6)
    books.catch_up()
    paid = books.gateway.succeed(books.start(502).id)
    books.move(minutes=6)
    gateway.reads.clear()
    books.catch_up()
    books.catch_up()
    assert (gateway.reads, books.payments()) == ([paid.id, clearing], 1)


def test_a_clearing_payment_is_asked_about_every_time(books: Books) -> None:
    intent = books.start()
    books.gateway.set(intent.id, status=IntentStatus.PROCESSING)
    books.receive(books.happen(intent.id, "payment_intent.processing"))
    webhook_inbox.work_events(books.context)
    assert books.invoice().payment_status is PaymentStatus.PROCESSING
    assert [books.catch_up().asked, books.catch_up().asked] == [1, 1]
    books.gateway.set(intent.id, status=IntentStatus.REQUIRES_PAYMENT_METHOD, failure="account_closed")
    books.catch_up()
    assert books.invoice().payment_status is PaymentStatus.UNPAID


def test_an_attempt_that_nobody_pays_is_asked_about_ever_more_rarely(books: Books, gateway: Listing) -> None:
    books.start()
    gateway.reads.clear()
    for _ in range(3 * 24 * 5):
        books.move(minutes=20)
        books.catch_up()
    assert 20 < len(gateway.reads) < 100


def test_a_canceled_intent_frees_its_invoice(books: Books) -> None:
    intent = books.start()
    books.gateway.set(intent.id, status=IntentStatus.CANCELED)
    books.move(minutes=6)
    books.catch_up()
    assert books.attempt().status is AttemptStatus.CANCELED


@pytest.mark.parametrize(("status", "expected"), [("void", "canceled"), ("sent", "creating")])
def test_an_attempt_that_never_got_an_intent_ends_with_its_invoice(
    books: Books, status: str, expected: str
) -> None:
    books.start()
    books.change(PaymentAttempt, intent_id=None, status=AttemptStatus.CREATING)
    books.change(Invoice, status=InvoiceStatus(status))
    books.move(minutes=6)
    books.catch_up()
    assert books.attempt().status == expected


def test_an_account_that_does_not_answer_does_not_stop_the_others(books: Books, gateway: Listing) -> None:
    intent = books.gateway.succeed(books.start().id)
    with db.transaction(books.engine) as session:
        ensure_issuer(session, name="Other", email="o@other.example", now=NOW, stripe_account="acct_aaa")
    books.happen(intent.id)
    gateway.away = "acct_aaa"
    done = books.catch_up()
    assert list(done.failures) == ["acct_aaa"]
    assert books.payments() == 1


def test_an_account_of_old_payments_is_asked_too(books: Books) -> None:
    intent = books.gateway.succeed(books.start().id)
    books.happen(intent.id)
    books.change(Issuer, stripe_account="acct_new")
    assert books.catch_up().accounts == 2
    assert books.payments() == 1


def test_runs_side_by_side_record_one_payment_and_one_receipt(books: Books) -> None:
    intent = books.gateway.succeed(books.start().id)
    books.happen(intent.id)
    books.happen(intent.id, "charge.dispute.created")
    books.dispute(intent)
    books.move(minutes=6)
    failures: list[BaseException] = []

    def run() -> None:
        try:
            books.catch_up()
            books.compare()
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert (books.payments(), books.receipts(), books.count(Dispute)) == (1, 1, 1)


EVERY = timedelta(minutes=10)


def test_a_due_job_is_done_once_and_again_when_its_time_comes(books: Books) -> None:
    books.start()

    def run() -> list[str]:
        return schedule.run_due(books.context, live=False, every=EVERY)

    assert run() == ["settle", "compare"]
    assert run() == []
    books.move(minutes=11)
    assert run() == ["settle"]
    books.move(hours=24)
    assert run() == ["settle", "compare"]


def test_a_turn_that_another_process_has_is_not_taken_until_its_lease_runs_out(books: Books) -> None:
    with db.transaction(books.engine) as session:
        first = turns.claim(session, job=turns.SETTLE, now=books.clock)
        assert first is not None
        assert turns.claim(session, job=turns.SETTLE, now=books.clock) is None
        assert not turns.due(session, job=turns.SETTLE, now=books.clock)
    books.move(minutes=6)
    with db.transaction(books.engine) as session:
        second = turns.claim(session, job=turns.SETTLE, now=books.clock)
        assert second is not None
        # The first one wakes up late; it must not give the second one's turn away.
        late = turns.Ended("late", "")
        turns.end(session, turn=first, ended=late, every=EVERY, now=books.clock)
        assert turns.claim(session, job=turns.SETTLE, now=books.clock) is None


def test_an_outage_is_written_down_and_the_comparison_comes_again_soon(
    books: Books, gateway: Listing
) -> None:
    books.start()
    gateway.away = ACCOUNT
    gateway.intents.clear()
    schedule.run_due(books.context, live=False, every=EVERY)
    with db.reading(books.engine) as session:
        row = turns.last(session, job=turns.SETTLE)
    assert row is not None
    assert ACCOUNT in row.failure


@pytest.mark.parametrize("amount", [8250, 5000, 0])
def test_a_debit_that_fails_leaves_no_intent_that_can_be_paid(books: Books, amount: int) -> None:
    intent = books.start()
    books.gateway.set(intent.id, status=IntentStatus.PROCESSING)
    books.receive(books.happen(intent.id, "payment_intent.processing"))
    webhook_inbox.work_events(books.context)
    if amount:
        with db.transaction(books.engine) as session:
            asked = ManualPayment(amount, Channel.CASH, books.clock.date())
            manual_payments.record_payment(
                session, invoice_id=502, asked=asked, actor="staff", now=books.clock
            )
    books.gateway.set(intent.id, status=IntentStatus.REQUIRES_PAYMENT_METHOD, failure="insufficient_funds")
    books.catch_up()
    intent_cancellation.cancel_marked(books.context)
    assert books.attempt().status is AttemptStatus.CANCELED
    assert books.gateway.intents[intent.id].status is IntentStatus.CANCELED
