"""What the clock does by itself, on a small book and on one ten times as large: it may cost no more there.

`python -m benchmarks.ticks [INVOICES …]`, 20,000 and 200,000 if none are given, on both databases. Each tick
is done five times, each in a transaction that is rolled back; printed is the median in milliseconds.
"""

import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Engine, bindparam, text
from sqlalchemy.orm import Session

from paymail import db
from paymail.db import UtcDateTime, make_engine
from paymail.db.schema import upgrade
from paymail.models import AttemptStatus, Blob, Invoice, Message, PaymentAttempt
from paymail.services.core.contexts import Context
from paymail.services.customers import retention
from paymail.services.outbox import blobs, queue
from paymail.services.payments import intent_cancellation, webhook_inbox
from paymail.services.reconciliation import accounts
from paymail.services.reminders import planner
from paymail.services.sending import bulk
from paymail.services.sending.bulk import Selection
from paymail.services.sending.invoice_emails import send_invoice
from tests.conftest import free_port
from tests.factories import NOW, make_invoice
from tests.postgres import Cluster

SIZES = (20_000, 200_000)
OLD = NOW + timedelta(days=300)
"""Half of the contents are older than a year then."""
Tick = Callable[[Context], object]


def main(sizes: list[int]) -> None:
    """Print a line per database, tick and size."""
    with tempfile.TemporaryDirectory() as folder, Cluster(free_port(), fsync=True) as cluster:
        for size in sizes:
            for url in (f"sqlite:///{folder}/{size}.db", cluster.create(f"book_{size}")):
                engine = make_engine(url)
                upgrade(engine)
                fill(engine, size)
                for name, tick in ticks().items():
                    print(
                        f"{engine.dialect.name:10} {size:>9,} invoices  {name:28} {timed(engine, tick)}",
                        flush=True,
                    )
                engine.dispose()


def timed(engine: Engine, tick: Tick) -> str:
    """Return the median milliseconds of a tick."""
    spent = []
    for _ in range(5):
        started = time.perf_counter()
        tick(Context(lambda: undone(engine), lambda: OLD))
        spent.append((time.perf_counter() - started) * 1000)
    return f"{statistics.median(spent):9.2f} ms"


@contextmanager
def undone(engine: Engine) -> Iterator[Session]:
    """A transaction that is rolled back, so that each try finds the same."""
    with Session(engine, expire_on_commit=False) as session:
        yield session
        session.rollback()


def ticks() -> dict[str, Tick]:
    """Return what is measured by its name. Of planning, one batch of a book that is due in all its parts."""
    return {
        "plan 50 of all, all due": lambda c: planner.plan_due(c, limit=50),
        "bulk 100 of all": lambda c: in_bulk(c, Selection(currency="AUD")),
        "bulk 100, due before": lambda c: in_bulk(c, Selection(due_before=date(2026, 3, 10))),
        "claim one of all, all due": lambda c: read(
            c, lambda s: queue.claim(s, now=OLD, lease=timedelta(minutes=1))
        ),
        "expired hand-overs": lambda c: read(c, lambda s: queue.expired_handovers(s, now=OLD)),
        "retention, 200 contents": lambda c: retention.run(c, days=365, most_batches=1),
        "accounts of ours": lambda c: read(c, accounts.ours),
        "events": webhook_inbox.work_events,  # type: ignore[arg-type]
        "intents to cancel": intent_cancellation.cancel_marked,  # type: ignore[arg-type]
    }


def read(context: Context, work: Callable[[Session], object]) -> None:
    """Do it in a transaction."""
    with context.transaction() as session:
        work(session)


def in_bulk(context: Context, selection: Selection) -> None:
    """Begin a bulk send and write its first messages."""
    with context.transaction() as session:
        begun = bulk.start(session, selection=selection, actor="benchmark", now=OLD, again=True)
        session.flush()
        bulk.expand(session, bulk_id=begun.bulk_id, now=OLD)


def fill(engine: Engine, size: int) -> None:
    """Make a book of `size` invoices, each with two emails, a content and a payment that was tried.

    Half of the emails wait, half of the contents are old, and one invoice of a hundred is due early.
    """
    with db.transaction(engine) as session:
        make_invoice(session, invoice_id=1, reminders=True, due_in=1)
        send_invoice(session, invoice_id=1, actor="benchmark", now=NOW)
        blobs.keep(session, content=b"content", now=NOW)
        session.add(attempt())
    digest = "'c' || (1000000000 + {} * 2654435761 % 4294967296) || '-' || {}"
    early = "CASE i % 100 WHEN 0 THEN CAST('2026-03-01' AS DATE) ELSE due_date END"
    if engine.dialect.name == "sqlite":
        early = early.replace("CAST('2026-03-01' AS DATE)", "'2026-03-01'")
    of_content = f"(2 + i % {size - 1})"
    copies: dict[Any, tuple[int, dict[str, str]]] = {
        Invoice: (
            size,
            {
                "invoice_id": "i",
                "number": "'N' || i",
                "payment_token": "'t' || i",
                "verify_code": "'v' || i",
                "due_date": early,
            },
        ),
        Blob: (
            size,
            {
                "sha256": digest.format("i", "i"),
                "created_at": "CASE i % 2 WHEN 0 THEN :old ELSE created_at END",
            },
        ),
        Message: (
            2 * size,
            {
                "message_id": "i",
                "dedupe_key": "'k' || i",
                "header_id": "'h' || i",
                "invoice_id": f"1 + i % {size}",
                "mime_sha256": digest.format(of_content, of_content),
                "state": "CASE i % 2 WHEN 0 THEN 'sent' ELSE 'scheduled' END",
                "settled_at": ":old",
            },
        ),
        PaymentAttempt: (
            size,
            {"attempt_id": "i", "invoice_id": "i", "intent_id": "'p' || i", "idempotency_key": "'y' || i"},
        ),
    }
    with db.transaction(engine) as session:
        db.take_time(session)
        for table, (rows, values) in copies.items():
            copy(session, table, rows, values)
        if engine.dialect.name == "postgresql":
            session.execute(text("SELECT setval('messages_message_id_seq', 100000000)"))
    if engine.dialect.name == "postgresql":  # as it does by itself; nobody does it for SQLite
        with engine.connect() as connection:
            connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("ANALYZE"))


def attempt() -> PaymentAttempt:
    """Return a try that came to nothing."""
    return PaymentAttempt(
        invoice_id=1,
        generation=1,
        account="acct_1",
        amount=8250,
        currency="AUD",
        intent_id="p1",
        idempotency_key="y1",
        status=AttemptStatus.CANCELED,
        created_at=NOW,
        updated_at=NOW,
    )


def copy(session: Session, table: Any, rows: int, values: dict[str, str]) -> None:
    """Copy the one row of a table until there are `rows`, with SQL for what differs by its number `i`."""
    names = [column.name for column in table.__table__.columns]
    chosen = ", ".join(values.get(name, name) for name in names)
    statement = text(
        f"WITH RECURSIVE numbers(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM numbers WHERE i < {rows})"
        f" INSERT INTO {table.__tablename__} ({', '.join(names)})"
        f" SELECT {chosen} FROM numbers CROSS JOIN {table.__tablename__}"
    )
    old = {"old": NOW - timedelta(days=100)} if ":old" in chosen else {}
    session.execute(statement.bindparams(*(bindparam(name, type_=UtcDateTime) for name in old)), old)


if __name__ == "__main__":
    main([int(size) for size in sys.argv[1:]] or list(SIZES))
