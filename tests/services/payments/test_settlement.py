"""Payments: recorded once, whoever brings the news, and never started when they must not be."""

import threading

import pytest
from sqlalchemy import Engine, func, select

from paymail import db
from paymail.clock import utc_now
from paymail.errors import Conflict, NotFound
from paymail.models import Invoice, InvoiceStatus, Message, Payment, PaymentAttempt, PaymentStatus
from paymail.ports.payments import Event, IntentStatus
from paymail.services.core.contexts import GatewayContext
from paymail.services.links import lookup
from paymail.services.payments import checkout, confirmation, settlement, webhook_inbox
from tests.factories import NOW, LedgerGateway, make_invoice
from tests.services.interrupted import Interrupted


class UnpaidInvoice:
    """One invoice and its context."""

    def __init__(self, engine: Engine, **invoice: object) -> None:
        self.engine = engine
        self.gateway = LedgerGateway()
        self.context = GatewayContext(lambda: db.transaction(engine), lambda: NOW, self.gateway)
        with db.transaction(engine) as session:
            self.token = make_invoice(session, **invoice).payment_token or ""  # type: ignore[arg-type]

    def count(self, table: type[Payment] | type[Message]) -> int:
        with db.reading(self.engine) as session:
            return session.scalar(select(func.count()).select_from(table)) or 0

    def invoice(self) -> Invoice:
        with db.reading(self.engine) as session:
            return session.get_one(Invoice, 502)

    def event(self, intent_id: str, kind: str = "payment_intent.succeeded", event_id: str = "evt_1") -> bool:
        event = Event(event_id, kind, "acct_sandbox", False, intent_id, 1)
        with db.transaction(self.engine) as session:
            return webhook_inbox.receive_event(session, event=event, live=False, now=NOW)


def test_confirm_and_webhook_record_one_payment_and_one_receipt(engine: Engine) -> None:
    unpaid = UnpaidInvoice(engine)
    intent = checkout.start_payment(unpaid.context, token=unpaid.token)
    unpaid.gateway.succeed(intent.id)
    confirmation.confirm_payment(unpaid.context, token=unpaid.token, intent_id=intent.id)
    confirmation.confirm_payment(unpaid.context, token=unpaid.token, intent_id=intent.id)
    assert unpaid.event(intent.id)
    assert not unpaid.event(intent.id)
    webhook_inbox.work_events(unpaid.context)
    assert (unpaid.count(Payment), unpaid.count(Message)) == (1, 1)
    assert unpaid.invoice().payment_status is PaymentStatus.PAID
    assert unpaid.invoice().amount_paid == 8250


def test_the_webhook_alone_settles(engine: Engine) -> None:
    unpaid = UnpaidInvoice(engine)
    intent = checkout.start_payment(unpaid.context, token=unpaid.token)
    unpaid.gateway.succeed(intent.id)
    unpaid.event(intent.id)
    assert webhook_inbox.work_events(unpaid.context) == 1
    assert unpaid.count(Payment) == 1


def test_eight_simultaneous_confirms_record_one_payment(engine: Engine) -> None:
    unpaid = UnpaidInvoice(engine)
    intent = checkout.start_payment(unpaid.context, token=unpaid.token)
    unpaid.gateway.succeed(intent.id)
    failures: list[BaseException] = []

    def confirm() -> None:
        try:
            confirmation.confirm_payment(unpaid.context, token=unpaid.token, intent_id=intent.id)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=confirm) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert (unpaid.count(Payment), unpaid.count(Message)) == (1, 1)


def test_two_tabs_share_one_intent(engine: Engine) -> None:
    unpaid = UnpaidInvoice(engine)
    first = checkout.start_payment(unpaid.context, token=unpaid.token)
    assert checkout.start_payment(unpaid.context, token=unpaid.token).id == first.id
    assert len(unpaid.gateway.intents) == 1


def test_a_canceled_intent_is_followed_by_a_new_one(engine: Engine) -> None:
    unpaid = UnpaidInvoice(engine)
    first = checkout.start_payment(unpaid.context, token=unpaid.token)
    unpaid.gateway.set(first.id, status=IntentStatus.CANCELED)
    assert checkout.start_payment(unpaid.context, token=unpaid.token).id != first.id


def test_an_unpaid_intent_confirms_nothing(engine: Engine) -> None:
    unpaid = UnpaidInvoice(engine)
    intent = checkout.start_payment(unpaid.context, token=unpaid.token)
    with pytest.raises(confirmation.NotYetPaid):
        confirmation.confirm_payment(unpaid.context, token=unpaid.token, intent_id=intent.id)
    assert unpaid.count(Payment) == 0


@pytest.mark.parametrize("intent_id", ["", "pi_", "pi_unknown", "ch_1", "pi_1/../x", "pi_é"])
def test_foreign_intents_are_refused(engine: Engine, intent_id: str) -> None:
    unpaid = UnpaidInvoice(engine)
    with pytest.raises(confirmation.ForeignIntent):
        confirmation.confirm_payment(unpaid.context, token=unpaid.token, intent_id=intent_id)


def test_a_slow_method_holds_the_invoice_and_its_failure_frees_it(engine: Engine) -> None:
    unpaid = UnpaidInvoice(engine)
    intent = checkout.start_payment(unpaid.context, token=unpaid.token)
    unpaid.gateway.set(intent.id, status=IntentStatus.PROCESSING)
    with pytest.raises(lookup.AlreadyPaying):
        confirmation.confirm_payment(unpaid.context, token=unpaid.token, intent_id=intent.id)
    assert unpaid.invoice().payment_status is PaymentStatus.PROCESSING
    with pytest.raises(lookup.AlreadyPaying):
        checkout.start_payment(unpaid.context, token=unpaid.token)
    unpaid.gateway.set(intent.id, status=IntentStatus.REQUIRES_PAYMENT_METHOD)
    unpaid.event(intent.id, "payment_intent.payment_failed")
    webhook_inbox.work_events(unpaid.context)
    assert unpaid.invoice().payment_status is PaymentStatus.UNPAID


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({"status": InvoiceStatus.VOID}, Conflict),
        ({"paid": 8250}, Conflict),
        ({"status": InvoiceStatus.DRAFT}, NotFound),
    ],
)
def test_void_paid_and_draft_invoices_cannot_start(
    engine: Engine, change: dict[str, object], kind: type[Exception]
) -> None:
    unpaid = UnpaidInvoice(engine, **change)
    with pytest.raises(kind):
        checkout.start_payment(unpaid.context, token=unpaid.token)
    assert unpaid.gateway.intents == {}


def test_a_wrong_account_or_currency_is_not_recorded(engine: Engine) -> None:
    unpaid = UnpaidInvoice(engine)
    intent = checkout.start_payment(unpaid.context, token=unpaid.token)
    unpaid.gateway.succeed(intent.id)
    unpaid.gateway.set(intent.id, currency="USD")
    with pytest.raises(Conflict):
        confirmation.confirm_payment(unpaid.context, token=unpaid.token, intent_id=intent.id)
    assert unpaid.count(Payment) == 0


def slow_shop(engine: Engine) -> tuple[UnpaidInvoice, Interrupted]:
    unpaid, gateway = UnpaidInvoice(engine), Interrupted()
    unpaid.gateway = gateway
    unpaid.context = GatewayContext(lambda: db.transaction(engine), utc_now, gateway)
    return unpaid, gateway


def test_an_old_answer_does_not_undo_a_payment_that_began_to_clear(engine: Engine) -> None:
    unpaid, gateway = slow_shop(engine)
    intent = checkout.start_payment(unpaid.context, token=unpaid.token)

    def the_customer_pays_by_debit() -> None:
        clearing = gateway.set(intent.id, status=IntentStatus.PROCESSING)
        with db.transaction(engine) as session:
            settlement.settle(session, intent=clearing, source="webhook", now=utc_now())

    gateway.after_retrieve = the_customer_pays_by_debit
    with pytest.raises(lookup.AlreadyPaying):
        confirmation.confirm_payment(unpaid.context, token=unpaid.token, intent_id=intent.id)
    assert unpaid.invoice().payment_status is PaymentStatus.PROCESSING


def test_old_news_of_one_intent_does_not_free_an_invoice_held_by_another(engine: Engine) -> None:
    unpaid = UnpaidInvoice(engine)
    first = checkout.start_payment(unpaid.context, token=unpaid.token)
    canceled = unpaid.gateway.set(first.id, status=IntentStatus.CANCELED)
    second = checkout.start_payment(unpaid.context, token=unpaid.token)
    clearing = unpaid.gateway.set(second.id, status=IntentStatus.PROCESSING)
    with db.transaction(engine) as session:
        settlement.settle(session, intent=clearing, source="webhook", now=NOW)
    with db.transaction(engine) as session:
        settlement.settle(session, intent=canceled, source="webhook", now=NOW)
    assert unpaid.invoice().payment_status is PaymentStatus.PROCESSING


def test_an_intent_that_is_not_in_the_books_is_never_given_out(engine: Engine) -> None:
    unpaid, gateway = slow_shop(engine)

    def another_tab_renews_the_key_and_goes_further() -> None:
        with db.transaction(engine) as session:
            attempt = session.scalars(select(PaymentAttempt)).one()
            attempt.idempotency_key = "renewed"
        checkout.start_payment(unpaid.context, token=unpaid.token)

    gateway.after_create = another_tab_renews_the_key_and_goes_further
    with pytest.raises(checkout.PaymentReplaced):
        checkout.start_payment(unpaid.context, token=unpaid.token)
    live = [i.id for i in gateway.intents.values() if i.status is not IntentStatus.CANCELED]
    with db.reading(engine) as session:
        attempt = session.scalars(select(PaymentAttempt)).one()
    assert live == [attempt.intent_id]
    assert checkout.start_payment(unpaid.context, token=unpaid.token).id == attempt.intent_id
