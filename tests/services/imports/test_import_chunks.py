"""A large file comes in a little at a time, beside everybody else; what paymail saw is never undone."""

from collections.abc import Iterable, Sequence
from datetime import datetime

import pytest
from sqlalchemy import Engine, create_engine, event, func, select, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from paymail import db
from paymail.models import (
    AttemptStatus,
    Invoice,
    InvoiceStatus,
    Message,
    MessageKind,
    MessageState,
    PaymentAttempt,
    PaymentStatus,
    TimelineEvent,
)
from paymail.services.imports import chunks
from paymail.services.imports.chunks import Chunk
from paymail.services.imports.import_record import ChunkRecord
from paymail.services.imports.invoice_check import HostInvoice
from paymail.services.imports.known_invoices import load_locked
from paymail.services.imports.store import CHUNK
from tests.factories import NOW
from tests.services.imports.host_files import bring, rows, text_of

PAID = {"payment_status": "paid", "amount_paid": "82.50"}
SAVED_BY_EXCEL = {
    "subtotal": "75",
    "tax_rate": "10",
    "tax_amount": "7.5",
    "total": "82.5",
    "amount_paid": "0",
}


def many(count: int, **change: str) -> str:
    return text_of(rows(*({"invoice_id": str(n)} | change for n in range(1, count + 1))))


def invoice_of(engine: Engine) -> Invoice:
    with db.reading(engine) as session:
        return session.scalars(select(Invoice)).one()


def begin_payment(
    engine: Engine,
    *,
    status: PaymentStatus = PaymentStatus.PROCESSING,
    attempt: AttemptStatus = AttemptStatus.PROCESSING,
) -> None:
    with db.transaction(engine) as session:
        session.add(
            PaymentAttempt(
                invoice_id=7,
                generation=1,
                account="acct_1",
                amount=8250,
                currency="AUD",
                idempotency_key="key",
                status=attempt,
                created_at=NOW,
                updated_at=NOW,
            )
        )
        session.get_one(Invoice, 7).payment_status = status


def wait_to_remind(engine: Engine) -> None:
    with db.transaction(engine) as session:
        session.add(
            Message(
                dedupe_key="reminder/7",
                kind=MessageKind.REMINDER,
                invoice_id=7,
                next_at=NOW,
                actor="t",
                header_id="<r@host.example>",
                recipient="a@acme.example",
                created_at=NOW,
            )
        )


def reminder_of(engine: Engine) -> tuple[MessageState, str]:
    with db.reading(engine) as session:
        message = session.scalars(select(Message)).one()
        return message.state, message.reason


def test_others_write_between_two_chunks(engine: Engine) -> None:
    impatient = create_engine(engine.url, connect_args={"timeout": 0} if "sqlite" in str(engine.url) else {})
    written: list[int] = []

    def write() -> None:
        with impatient.begin() as other:
            other.execute(text("UPDATE issuers SET last_receipt = last_receipt + 1"))
        written.append(1)

    assert bring(engine, many(2 * CHUNK + 1), after=write).created == 2 * CHUNK + 1
    impatient.dispose()
    assert len(written) == 3


def test_an_import_that_is_stopped_goes_on_where_it_was(engine: Engine) -> None:
    class Stopped(Exception):
        pass

    def stop() -> None:
        raise Stopped

    with pytest.raises(Stopped):
        bring(engine, many(CHUNK + 20), after=stop)
    report = bring(engine, many(CHUNK + 20))
    assert (report.created, report.unchanged) == (20, CHUNK)
    with db.reading(engine) as session:
        assert session.scalar(select(func.count()).select_from(Invoice)) == CHUNK + 20


def test_a_chunk_takes_few_statements_however_many_invoices_it_holds(engine: Engine) -> None:
    bring(engine, many(CHUNK))
    count = 0

    @event.listens_for(engine, "after_cursor_execute")
    def _counted(*_given: object) -> None:
        nonlocal count
        count += 1

    assert bring(engine, many(CHUNK)).unchanged == CHUNK
    assert count <= 11


@pytest.mark.parametrize("status", [PaymentStatus.PROCESSING, PaymentStatus.REFUNDED])
def test_the_same_invoice_saved_by_excel_changes_nothing(engine: Engine, status: PaymentStatus) -> None:
    bring(engine, text_of(rows({})))
    begin_payment(engine, status=status)
    report = bring(engine, text_of(rows(SAVED_BY_EXCEL)))
    assert (report.updated, report.unchanged, report.faults) == (0, 1, ())
    assert invoice_of(engine).payment_status is status


def test_a_host_cannot_void_what_is_being_paid(engine: Engine) -> None:
    bring(engine, text_of(rows({})))
    begin_payment(engine)
    report = bring(engine, text_of(rows({"status": "void"}, {"invoice_id": "8"})))
    assert (report.created, report.skipped) == (1, 1)
    assert "a payment has been received or is clearing" in report.faults[0].reason
    with db.reading(engine) as session:
        assert session.get_one(Invoice, 7).status is InvoiceStatus.SENT


def test_a_payment_that_began_after_the_comparison_is_seen_under_the_lock(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    bring(engine, text_of(rows({})))
    if engine.dialect.name == "sqlite":
        return  # one transaction writes at a time

    def late(session: Session, ids: Iterable[int]) -> dict[int, Invoice]:
        begin_payment(engine)
        return load_locked(session, ids)

    monkeypatch.setattr(chunks, "load_locked", late)
    report = bring(engine, text_of(rows(PAID)))
    assert [fault.column for fault in report.faults] == ["amount_paid"]
    assert invoice_of(engine).payment_status is PaymentStatus.PROCESSING


@pytest.mark.parametrize("attempt", [AttemptStatus.OPEN, AttemptStatus.WAITING])
def test_what_is_open_is_taken_back_when_the_host_voids(engine: Engine, attempt: AttemptStatus) -> None:
    bring(engine, text_of(rows({})))
    begin_payment(engine, status=PaymentStatus.UNPAID, attempt=attempt)
    wait_to_remind(engine)
    assert bring(engine, text_of(rows({"status": "void"}))).updated == 1
    assert reminder_of(engine) == (MessageState.SUPPRESSED, "nothing is owed on this invoice")
    with db.reading(engine) as session:
        assert session.scalars(select(PaymentAttempt)).one().status is AttemptStatus.CANCELLING


def test_a_reminder_is_taken_back_when_the_host_was_paid(engine: Engine) -> None:
    bring(engine, text_of(rows({})))
    wait_to_remind(engine)
    bring(engine, text_of(rows(PAID)))
    assert reminder_of(engine) == (MessageState.SUPPRESSED, "already paid")


def test_a_chunk_is_tried_again_once_when_a_lock_is_in_its_way(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Deadlock(Exception):
        sqlstate = "40P01"

    tries: list[int] = []

    write = Chunk.write

    def once(
        self: Chunk, hosts: Sequence[HostInvoice], record: ChunkRecord, *, actor: str, now: datetime
    ) -> None:
        tries.append(len(tries))
        if len(tries) == 1:
            raise OperationalError("SELECT", {}, Deadlock())
        write(self, hosts, record, actor=actor, now=now)

    monkeypatch.setattr(Chunk, "write", once)
    assert bring(engine, many(3)).created == 3
    assert len(tries) == 2


def test_new_invoices_are_written_in_the_order_of_their_numbers(engine: Engine) -> None:
    bring(engine, text_of(rows({"invoice_id": "9"}, {"invoice_id": "3"}, {"invoice_id": "5"})))
    with db.reading(engine) as session:
        found = session.scalars(select(TimelineEvent.invoice_id).order_by(TimelineEvent.event_id))
        assert list(found) == [3, 5, 9]
