"""The books beside Stripe: what differs is found, what can be settled is, and payments under way are none."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

import pytest
from sqlalchemy import Engine, select

from paymail import db
from paymail.errors import Unavailable
from paymail.models import (
    AttemptStatus,
    Dispute,
    DisputeState,
    Drift,
    Message,
    Payment,
    PaymentAttempt,
    Refund,
    RefundStatus,
)
from paymail.ports.payments import Intent, IntentStatus
from paymail.ports.reversals import Reversals
from paymail.services import reconciliation
from paymail.services.payments import settlement
from paymail.services.reconciliation import Kind
from tests.factories import LedgerGateway
from tests.services.ledger import ACCOUNT, Books


@pytest.fixture
def books(engine: Engine) -> Books:
    return Books(engine)


def kinds(books: Books, *, mend: bool = True) -> list[Kind]:
    return [finding.kind for finding in books.compare(mend=mend)]


def test_books_that_equal_stripes_have_no_drift(books: Books) -> None:
    intent = books.pay()
    books.refund(intent)
    books.dispute(intent)
    books.start(503)
    canceled = books.start(504)
    books.gateway.set(canceled.id, status=IntentStatus.CANCELED)
    books.move(minutes=6)
    books.catch_up()
    assert books.compare() == []
    assert (books.count(Refund), books.count(Dispute)) == (1, 1)
    assert books.compare(mend=False) == []


def test_a_missed_payment_is_drift_until_it_is_settled(books: Books) -> None:
    intent = books.gateway.succeed(books.start().id)
    (finding,) = books.compare(mend=False)
    assert (finding.kind, finding.account, finding.intent_id) == (Kind.NOT_RECORDED, ACCOUNT, intent.id)
    assert (finding.invoice_ref, finding.books.text) == ("502", "no payment, attempt is open")
    assert finding.stripe.money is not None
    assert finding.stripe.money.decimal == Decimal("82.50")
    assert books.payments() == 0
    assert books.compare() == []
    assert (books.payments(), books.receipts()) == (1, 1)


def test_a_payment_that_cannot_be_settled_stays_drift(books: Books) -> None:
    books.gateway.succeed(books.start().id)
    books.change(PaymentAttempt, currency="USD")
    assert kinds(books) == [Kind.NOT_RECORDED]
    assert books.payments() == 0


def test_a_payment_by_an_intent_that_is_not_in_the_books_is_drift(books: Books) -> None:
    books.gateway.succeed(books.start().id)
    books.change(PaymentAttempt, intent_id="pi_other")
    assert sorted(kinds(books)) == [Kind.UNKNOWN_INTENT, Kind.NOT_RECORDED]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"status": IntentStatus.REQUIRES_PAYMENT_METHOD, "amount_received": 0}, Kind.NOT_AT_STRIPE),
        ({"status": IntentStatus.CANCELED, "amount_received": 0}, Kind.NOT_AT_STRIPE),
        ({"amount_received": 8000}, Kind.AMOUNT),
        ({"currency": "USD"}, Kind.AMOUNT),
        ({"currency": "XTS"}, Kind.AMOUNT),
    ],
)
def test_a_payment_that_stripe_tells_otherwise_is_drift(
    books: Books, changes: dict[str, object], expected: Kind
) -> None:
    intent = books.pay()
    books.gateway.set(intent.id, **changes)
    found = books.compare()
    assert expected in [finding.kind for finding in found]
    assert any("AUD 82.50" in finding.books.text for finding in found)


def test_a_payment_that_stripe_has_never_heard_of_is_drift(books: Books) -> None:
    intent = books.pay()
    del books.gateway.intents[intent.id]
    assert kinds(books) == [Kind.NOT_AT_STRIPE]


def test_an_attempt_that_stripe_has_never_heard_of_is_drift(books: Books) -> None:
    intent = books.start()
    del books.gateway.intents[intent.id]
    assert kinds(books) == [Kind.UNKNOWN_INTENT]


@pytest.mark.parametrize("status", ["pending", "succeeded"])
def test_a_missed_refund_is_drift_until_it_is_taken_in(books: Books, status: str) -> None:
    books.refund(books.pay(), 1000, status)
    (finding,) = books.compare(mend=False)
    assert (finding.kind, finding.books.text, finding.stripe.text) == (
        Kind.REFUNDS,
        "refunded AUD 0.00",
        "refunded AUD 10.00",
    )
    assert books.compare() == []
    assert books.count(Refund) == 1


def test_a_failed_refund_is_no_drift_and_counts_nothing(books: Books) -> None:
    books.refund(books.pay(), 1000, "failed")
    assert kinds(books, mend=False) == []


def test_a_refund_that_only_the_books_have_is_drift(books: Books) -> None:
    books.refund(books.pay())
    books.move(hours=1)
    books.compare()
    books.gateway.refunds.clear()
    (finding,) = books.compare()
    assert (finding.kind, finding.books.text) == (Kind.REFUNDS, "refunded AUD 10.00")


def test_a_refund_of_another_sum_is_drift(books: Books) -> None:
    books.refund(books.pay())
    books.compare()
    books.change(Refund, amount=900)
    assert kinds(books) == [Kind.REFUNDS]


def test_a_missed_dispute_is_drift_until_it_is_taken_in(books: Books) -> None:
    books.dispute(books.pay())
    assert kinds(books, mend=False) == [Kind.DISPUTE]
    assert books.compare() == []
    assert books.count(Dispute) == 1


def test_the_missed_end_of_an_old_dispute_is_found(books: Books) -> None:
    intent = books.pay()
    books.dispute(intent)
    books.compare()
    books.dispute(intent, "lost")
    books.move(days=60)
    assert kinds(books, mend=False) == [Kind.DISPUTE]
    books.compare()
    assert books.count(Dispute, Dispute.state == DisputeState.LOST) == 1


def test_a_second_live_intent_of_an_invoice_is_drift(books: Books) -> None:
    first = books.start()
    second = books.gateway.create_intent(
        account=ACCOUNT, amount=8250, currency="AUD", metadata={"invoice_id": "502"}, idempotency_key="x"
    )
    books.gateway.set(second.id, created=first.created)
    assert books.compare() == [], "it may be that it is only just being created"
    books.move(minutes=6)
    (finding,) = books.compare()
    assert (finding.kind, finding.intent_id) == (Kind.SECOND_INTENT, second.id)
    assert first.id in finding.books.text


def test_an_intent_that_lives_on_after_the_books_closed_it_is_drift(books: Books) -> None:
    books.start()
    books.change(PaymentAttempt, status=AttemptStatus.CANCELED)
    books.move(minutes=6)
    assert kinds(books) == [Kind.SECOND_INTENT]


@pytest.mark.parametrize("reference", ["999", "host-7", "9" * 30])
def test_an_intent_of_an_invoice_that_is_not_here_is_drift(books: Books, reference: str) -> None:
    made = books.start()
    other = books.gateway.create_intent(
        account=ACCOUNT, amount=500, currency="AUD", metadata={"invoice_id": reference}, idempotency_key="x"
    )
    books.gateway.succeed(books.gateway.set(other.id, created=made.created).id)
    (finding,) = books.compare()
    assert (finding.kind, finding.invoice_ref) == (Kind.UNKNOWN_INVOICE, reference)
    assert finding.stripe.text == "received AUD 5.00"


def test_payments_that_are_not_paymails_are_no_drift(books: Books) -> None:
    made = books.start()
    other = books.gateway.create_intent(
        account=ACCOUNT, amount=500, currency="AUD", metadata={"invoice_id": ""}, idempotency_key="x"
    )
    books.gateway.succeed(books.gateway.set(other.id, created=made.created).id)
    books.refund(other)
    books.dispute(other)
    assert books.compare() == []


def test_days_that_are_longer_ago_are_not_compared(books: Books) -> None:
    books.gateway.succeed(books.start().id)
    books.move(days=8)
    assert books.compare(mend=False, days=7) == []
    assert [finding.kind for finding in books.compare(mend=False, days=9)] == [Kind.NOT_RECORDED]


def test_a_dry_run_changes_nothing(books: Books) -> None:
    intent = books.gateway.succeed(books.start().id)
    books.refund(intent)
    books.compare(mend=False)
    assert (books.payments(), books.count(Refund), books.count(Drift), books.count(Message)) == (0, 0, 0, 0)


@dataclass
class Meanwhile(LedgerGateway):
    """Lets something happen each time before it answers with what it read before."""

    happens: Callable[[], object] | None = None

    def reversals(self, *, account: str, intent_id: str) -> Reversals:
        told = super().reversals(account=account, intent_id=intent_id)
        happens, self.happens = self.happens, None
        if happens:
            happens()
        return told


def test_a_payment_made_during_the_run_is_no_drift(engine: Engine) -> None:
    gateway = Meanwhile()
    books = Books(engine, gateway)
    intent = books.start()
    books.change(PaymentAttempt, intent_id="pi_later")  # so that the list calls it suspect

    def the_customer_pays() -> None:
        books.change(PaymentAttempt, intent_id=intent.id)
        paid = gateway.succeed(intent.id)
        with db.transaction(engine) as session:
            settlement.settle(session, intent=paid, source="webhook", now=books.clock)

    gateway.happens = the_customer_pays
    assert [f for f in books.compare(mend=False) if f.intent_id == intent.id] == []
    assert books.payments() == 1


def test_a_refund_made_during_the_run_is_no_drift(engine: Engine) -> None:
    gateway = Meanwhile()
    books = Books(engine, gateway)
    intent = books.pay()
    books.refund(intent, 1000)  # makes it suspect

    def staff_refund_more() -> None:
        books.refund(intent, 500)
        reconciliation.compare(replace(books.context), days=7)

    gateway.happens = staff_refund_more
    assert books.compare(mend=False) == []


def kept(books: Books) -> list[tuple[str, bool, bool]]:
    with db.reading(books.engine) as session:
        rows = session.scalars(select(Drift).order_by(Drift.key))
        return [(row.kind, row.gone_at is None, row.told_at is not None) for row in rows]


def test_staff_are_told_once_of_a_drift_and_again_when_it_comes_back(books: Books) -> None:
    intent = books.pay()
    whole = books.gateway.set(intent.id, amount_received=8000)
    for _ in range(3):
        books.move(hours=24)
        reconciliation.compare_and_keep(books.context, days=7)
    (notice,) = books.notices()
    assert "amount differs: invoice 502" in notice.detail
    assert "AUD 82.50" in notice.detail
    assert "AUD 80.00" in notice.detail
    assert kept(books) == [(Kind.AMOUNT, True, True)]
    books.gateway.set(intent.id, amount_received=8250)
    reconciliation.compare_and_keep(books.context, days=7)
    assert kept(books) == [(Kind.AMOUNT, False, True)]
    books.gateway.intents[whole.id] = whole
    books.move(hours=24)
    reconciliation.compare_and_keep(books.context, days=30)
    assert len(books.notices()) == 2


def test_nothing_is_told_while_the_books_agree(books: Books) -> None:
    books.pay()
    reconciliation.compare_and_keep(books.context, days=7)
    assert books.notices() == []


def test_a_drift_older_than_the_days_stays_until_it_is_over(books: Books) -> None:
    intent = books.pay()
    books.gateway.set(intent.id, amount_received=8000)
    reconciliation.compare_and_keep(books.context, days=7)
    books.move(days=40)
    reconciliation.compare_and_keep(books.context, days=7)
    assert kept(books) == [(Kind.AMOUNT, True, True)]
    books.change(Payment, amount=8000)
    reconciliation.compare_and_keep(books.context, days=7)
    assert kept(books) == [(Kind.AMOUNT, False, True)]


@dataclass
class Busy(LedgerGateway):
    """Not at home for lists."""

    def recent_intents(self, *, account: str, since: int) -> Iterator[Intent]:
        raise Unavailable("Stripe could not be reached in time")


def test_an_account_that_cannot_be_asked_keeps_its_drifts(books: Books) -> None:
    intent = books.pay()
    books.gateway.set(intent.id, amount_received=8000)
    reconciliation.compare_and_keep(books.context, days=7)
    away = replace(books.context, gateway=Busy(books.gateway.intents))
    assert list(reconciliation.compare_and_keep(away, days=7).failures) == [ACCOUNT]
    assert kept(books) == [(Kind.AMOUNT, True, True)]


def test_a_refund_that_staff_asked_for_and_whose_answer_was_lost_is_found(books: Books) -> None:
    intent: Intent = books.pay()
    with db.transaction(books.engine) as session:
        payment = session.scalars(select(Payment)).one()
        row = Refund(
            invoice_id=502,
            issuer_id=payment.issuer_id,
            payment_id=payment.payment_id,
            channel="stripe",
            amount=1000,
            credited=0,
            currency="AUD",
            status=RefundStatus.REQUESTED,
            actor="staff",
            next_at=books.clock,
            created_at=books.clock,
            updated_at=books.clock,
        )
        session.add(row)
        session.flush()
        reference = str(row.refund_id)
    books.gateway.create_refund(
        account=ACCOUNT, intent_id=intent.id, amount=1000, reference=reference, idempotency_key="k"
    )
    assert books.compare() == []
    assert books.count(Refund, Refund.status == RefundStatus.SUCCEEDED) == 1
