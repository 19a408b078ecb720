"""0006 puts into columns what stood in texts, keys and the history, and takes it back."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import Engine, event, func, select, text
from sqlalchemy.orm import Session

from paymail import db
from paymail.db import schema
from paymail.models import (
    AttemptStatus,
    BulkSend,
    Channel,
    Customer,
    IdempotentRequest,
    Invoice,
    Message,
    Payment,
    PaymentAttempt,
    Refund,
    ReminderHold,
    TimelineEvent,
)
from paymail.services.core.idempotency import KeyReused, digest
from paymail.services.core.invoices import load_invoice
from paymail.services.customers import promises
from paymail.services.letters.letters import letter_for
from paymail.services.links import pay_links
from paymail.services.outbox import wake
from paymail.services.outbox.queue import Queued
from paymail.services.payments import receipts
from paymail.services.payments.manual_payments import ManualPayment, record_payment
from paymail.services.refunds import refund_requests
from paymail.services.refunds.refund_requests import RefundOrder
from paymail.services.sending.bulk import Selection, start_requested
from paymail.services.sending.requests import Request, send_requested
from tests.factories import NOW
from tests.migrations import rows_at_0005
from tests.migrations.databases import BOTH, database_at
from tests.migrations.rows_at_0005 import ASKED, SENT

SOON = datetime(2026, 3, 20, 1, tzinfo=UTC)


@pytest.fixture(params=BOTH)
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """A database at 0005 as the code before wrote it."""
    with database_at("0005", request, tmp_path) as engine:
        with engine.begin() as connection:
            rows_at_0005.write(connection)
        yield engine


def message(session: Session, number: int) -> Message:
    return session.get_one(Message, number)


def test_what_a_message_is_about_is_in_its_columns(old: Engine) -> None:
    schema.upgrade(old)
    with db.reading(old) as session:
        found = {m.message_id: m for m in session.scalars(select(Message))}
    assert [n for n, m in found.items() if m.due_on] == [2]
    assert found[2].due_on == date(2026, 1, 31)
    assert [n for n, m in found.items() if m.by_hand] == [3]
    assert [(n, m.refund_id) for n, m in found.items() if m.refund_id] == [(4, 4)]
    assert {n: m.amount for n, m in found.items() if m.kind == "payment_failed"} == {
        5: 123450,
        6: 1200,
        7: None,
    }
    # Details stay for the code before, which goes on with them if the migration is stopped half-way.
    details = {n: m.detail for n, m in found.items() if m.detail}
    assert (details[4], details[5], details[8]) == ("4", "AUD 1,234.50", "4\nAUD 5.00")
    assert (found[2].step, found[2].reason, found[3].step) == ("-3", "held: disputed", "hand")


@pytest.mark.parametrize("number", [2, 3, 4, 5, 8])
def test_a_message_that_waited_can_be_written(old: Engine, number: int) -> None:
    schema.upgrade(old)
    with db.reading(old) as session:
        letter = letter_for(
            session, message=message(session, number), public_url="https://p.example", date=NOW
        )
        assert letter.email.kind == message(session, number).kind


def test_only_reminders_that_wait_for_a_hold_are_woken_by_its_end(old: Engine) -> None:
    schema.upgrade(old)
    with db.transaction(old) as session:
        wake.wake_held(session, invoice_id=1, now=SOON)
    with db.reading(old) as session:
        assert [m.message_id for m in session.scalars(select(Message)) if m.next_at == SOON] == [2]


def test_holds_know_whose_word_they_rest_on_and_how_they_ended(old: Engine) -> None:
    schema.upgrade(old)
    with db.reading(old) as session:
        found = session.scalars(select(ReminderHold).order_by(ReminderHold.hold_id)).all()
    assert [(hold.origin, hold.ended) for hold in found] == [
        ("customer", None),
        ("customer", "lifted"),
        ("staff", "replaced"),
        ("stripe", None),
        ("bounce", None),
        ("staff", "all_lifted"),
        ("staff", None),
    ]


def test_a_customer_may_speak_again_since_staff_released_a_hold_before_the_upgrade(old: Engine) -> None:
    with old.begin() as connection:
        connection.execute(text("DELETE FROM reminder_holds WHERE hold_id NOT IN (1, 2)"))
        for number in (11, 12):
            at = "2026-03-19 01:00:00.000000"
            rows_at_0005.insert_hold(connection, number, 1, "promised", "customer", at, None)
    schema.upgrade(old)
    with db.reading(old) as session:
        invoice = load_invoice(session, invoice_id=1)
        assert not promises.replies_of(session, invoice=invoice, now=SOON).enough  # two since the release


def test_what_a_customer_wrote_is_erased_with_their_data(old: Engine) -> None:
    schema.upgrade(old)
    with db.reading(old) as session:
        quoting = select(TimelineEvent.event_id).where(TimelineEvent.quotes_customer.is_(True))
        assert session.scalars(quoting).all() == [4]


def test_an_import_knows_the_address_that_the_host_gave(old: Engine) -> None:
    schema.upgrade(old)
    with db.reading(old) as session:
        found = {c.customer_id: c.host_email for c in session.scalars(select(Customer))}
    assert found == {1: "first@d.example", 2: None}


def test_a_message_that_holds_a_dead_link_is_still_known(old: Engine) -> None:
    schema.upgrade(old)
    with db.reading(old) as session:
        assert session.get_one(Invoice, 1).link_replaced_at == datetime(2026, 3, 18, 1, tzinfo=UTC)
        assert session.get_one(Invoice, 2).link_replaced_at is None
        handed_over = Message(invoice_id=1, handed_over_at=NOW)
        assert pay_links.outdated(session, message=handed_over)
        assert not pay_links.outdated(session, message=Message(invoice_id=2, handed_over_at=NOW))


def test_requests_of_before_are_answered_with_what_they_led_to(old: Engine) -> None:
    schema.upgrade(old)
    with db.transaction(old) as session:
        assert send(session, Request("", True, "key", "prefix")).message_id == 1
        assert pay(session, 500).payment_id == 1
        assert give_back(session, "broken").refund_id == 4
        assert start_bulk(session, 5).bulk_id == 1
        copy = receipts.send_again(session, payment_id=1, actor="amy", now=SOON, key="prefix:copy")
        assert (copy.message_id, copy.created) == (9, False)
        assert session.scalar(select(func.count()).select_from(IdempotentRequest)) == 5


@pytest.mark.parametrize(
    "ask",
    [
        lambda s: send(s, Request("", False, "key", "prefix")),
        lambda s: pay(s, 501),
        lambda s: give_back(s, "late"),
        lambda s: start_bulk(s, 6),
    ],
)
def test_another_request_under_a_key_of_before_is_refused(
    old: Engine, ask: Callable[[Session], object]
) -> None:
    schema.upgrade(old)
    with db.transaction(old) as session, pytest.raises(KeyReused):
        ask(session)


def test_an_intent_that_was_being_cancelled_still_is(old: Engine) -> None:
    schema.upgrade(old)
    with db.reading(old) as session:
        assert session.get_one(PaymentAttempt, 1).status is AttemptStatus.CANCELLING
    with pytest.raises(Exception, match=r"(?i)unique"), old.begin() as connection:
        rows_at_0005.insert_attempt(connection, 2, "open")


@pytest.mark.parametrize(
    ("kind", "key", "detail"),
    [
        ("reminder", "reminder:1:2026-02-30:7", ""),
        ("reminder", "reminder:1:2026-13-01:7", ""),
        ("reminder", "reminder:1:someday:7", ""),
        ("payment_failed", "payment_failed:pi_x:odd", "a b"),
        ("payment_failed", "payment_failed:pi_x:odd", "XXQ 5.00"),
        ("payment_failed", "payment_failed:pi_x:odd", "JPY 5.50"),
    ],
)
def test_what_cannot_be_read_stays_empty_and_stops_nothing(
    old: Engine, kind: str, key: str, detail: str
) -> None:
    with old.begin() as connection:
        connection.execute(
            text(
                "UPDATE messages SET kind = :kind, dedupe_key = :key, detail = :detail WHERE message_id = 2"
            ),
            {"kind": kind, "key": key, "detail": detail},
        )
    schema.upgrade(old)
    with db.reading(old) as session:
        found = message(session, 2)
        assert (found.due_on, found.amount, found.detail) == (None, None, detail)


def test_the_code_before_finds_what_it_reads_after_a_downgrade(old: Engine) -> None:
    schema.upgrade(old)
    with db.transaction(old) as session:
        send(session, Request("", True, "new", "prefix"))
    command.downgrade(schema.config(old), "0005")
    with old.connect() as connection:
        details = {row.message_id: row.detail for row in connection.execute(text("SELECT * FROM messages"))}
        asked = connection.scalars(
            text("SELECT detail FROM timeline_events WHERE kind = 'send_requested' ORDER BY event_id")
        ).all()
        status = connection.scalar(text("SELECT status FROM payment_attempts"))
    assert (details[4], details[5], details[6]) == ("4", "AUD 1,234.50", "JPY 1,200")
    assert asked == [f"{SENT} {ASKED}", f"{digest('prefix' + chr(10) + 'new')} {ASKED}"]
    assert status == "withdrawing"
    schema.upgrade(old)
    with db.transaction(old) as session:
        assert not send(session, Request("", True, "new", "prefix")).created
        assert message(session, 2).due_on == date(2026, 1, 31)


def test_a_stopped_backfill_of_messages_is_done_again(old: Engine) -> None:
    updates = []

    def stop_in_the_third_batch(*arguments: object) -> None:
        if str(arguments[2]).startswith("UPDATE messages SET due_on"):
            updates.append(arguments)
            if len(updates) == 3:
                raise RuntimeError("stopped")

    config = schema.config(old)
    config.attributes["backfill_batch"] = 2
    event.listen(old, "before_cursor_execute", stop_in_the_third_batch)
    with pytest.raises(RuntimeError, match="stopped"):
        command.upgrade(config, "head")
    event.remove(old, "before_cursor_execute", stop_in_the_third_batch)
    old.dispose()
    command.upgrade(config, "head")
    with db.reading(old) as session:
        assert message(session, 2).due_on == date(2026, 1, 31)
        assert message(session, 4).refund_id == 4


def send(session: Session, request: Request) -> Queued:
    return send_requested(session, invoice_id=1, request=request, actor="amy", now=SOON)


def pay(session: Session, amount: int) -> Payment:
    asked = ManualPayment(amount, Channel.CASH, date(2026, 3, 16), "slip 7", "prefix:pay")
    return record_payment(session, invoice_id=1, asked=asked, actor="amy", now=SOON)


def give_back(session: Session, reason: str) -> Refund:
    order = RefundOrder(200, Channel.CASH, reason, key="prefix:back")
    return refund_requests.request(session, payment_id=1, order=order, actor="amy", now=SOON)


def start_bulk(session: Session, rate: int) -> BulkSend:
    return start_requested(
        session,
        selection=Selection(currency="AUD"),
        actor="amy",
        now=SOON,
        rate=rate,
        request_key="prefix:bulk",
    )
