"""An upgrade while others write and one of them holds its locks for long: it waits, and nothing is lost."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from sqlalchemy import Engine, select, text
from sqlalchemy.exc import OperationalError

from paymail import db
from paymail.db import make_engine, schema
from paymail.db.lock_waits import LOCK_SECONDS
from paymail.models import Invoice, Message
from paymail.sandbox.server import SandboxServer
from tests.conftest import without_sync
from tests.migrations import released_code, rows_at_0005
from tests.postgres import Cluster

LONG = LOCK_SECONDS + 1.5
"""Seconds for which somebody holds locks: longer than a migration waits."""
LONGEST = 15
AT = rows_at_0005.AT


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'busy.db'}"
        return
    cluster: Cluster = request.getfixturevalue("postgres")
    yield cluster.create("busy")
    cluster.drop("busy")


@contextmanager
def opened(url: str) -> Iterator[Engine]:
    engine = without_sync(make_engine(url))
    yield engine
    engine.dispose()


@dataclass
class Writer:
    """Writes as the code of 0005 did, one transaction after the other, and notes what was committed."""

    url: str
    number: int
    stop: threading.Event
    committed: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    slowest: float = 0

    def run(self) -> None:
        with opened(self.url) as engine:
            while not self.stop.wait(0.02):
                key = f"written:{self.number}:{len(self.committed) + len(self.refused)}"
                began = time.monotonic()
                try:
                    self._write(engine, key)
                except OperationalError as error:
                    self.refused.append(str(error.orig))
                else:
                    self.committed.append(key)
                self.slowest = max(self.slowest, time.monotonic() - began)

    def _write(self, engine: Engine, key: str) -> None:
        with engine.begin() as connection:
            connection.execute(
                text("UPDATE invoices SET amount_paid = amount_paid + 1 WHERE invoice_id = :id"),
                {"id": self.number},
            )
            rows_at_0005.insert(
                connection, "messages", dedupe_key=key, kind="invoice", invoice_id=self.number, step="",
                tone="", detail="", state="scheduled", reason="", next_at=AT, attempts=0, fence=0, actor="a",
                header_id=key, recipient="c@d.example", subject="", sender="", created_at=AT,
            )  # fmt: skip


def hold_for_long(url: str, statement: str, held: threading.Event) -> None:
    """Run `statement` in a transaction that stays open for LONG seconds."""
    with opened(url) as engine, engine.begin() as connection:
        connection.execute(text(statement))
        held.set()
        time.sleep(LONG)


@contextmanager
def beside(*works: Callable[[], None]) -> Iterator[None]:
    """Run `works` as threads beside the block, which must make them end."""
    threads = [threading.Thread(target=work) for work in works]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        for thread in threads:
            thread.join(60)


def upgrade_beside_a_long_transaction(url: str, statement: str) -> tuple[float, list[str]]:
    """Bring the schema to the newest; return how long it took, in seconds, and what was said."""
    held, lines = threading.Event(), []
    with beside(lambda: hold_for_long(url, statement, held)), opened(url) as engine:
        assert held.wait(10)
        began = time.monotonic()
        schema.upgrade(engine, tell=lines.append)
        return time.monotonic() - began, lines


def test_an_upgrade_beside_writers_and_a_long_transaction_waits_and_loses_nothing(url: str) -> None:
    with opened(url) as engine:
        schema.upgrade(engine, "0005")
        with engine.begin() as connection:
            rows_at_0005.write(connection)
    stop = threading.Event()
    writers = [Writer(url, number, stop) for number in (1, 2)]
    with beside(*(writer.run for writer in writers)):
        try:
            took, lines = upgrade_beside_a_long_transaction(
                url, "UPDATE messages SET fence = fence + 1 WHERE message_id = 1"
            )
        finally:
            stop.set()
    assert took < LONGEST
    assert "waited for a lock that somebody else holds (the database is at revision 0005)" in lines[0]
    with opened(url) as engine, engine.connect() as connection:
        assert schema.is_current(engine)
        for writer in writers:
            # A write that met the upgrade may be told so; what was committed is there, once.
            assert all("deadlock" in one for one in writer.refused), writer.refused
            kept = connection.scalars(
                text("SELECT dedupe_key FROM messages WHERE dedupe_key LIKE :mine ORDER BY message_id"),
                {"mine": f"written:{writer.number}:%"},
            ).all()
            assert kept == writer.committed
            assert writer.slowest < LONGEST
            paid = text("SELECT amount_paid FROM invoices WHERE invoice_id = :id")
            assert connection.scalar(paid, {"id": writer.number}) == len(writer.committed)
        assert connection.scalar(text("SELECT fence FROM messages WHERE message_id = 1")) == 1


def test_the_released_code_bills_and_is_paid_while_the_schema_changes_under_it(
    url: str, tmp_path: Path, sandbox: SandboxServer
) -> None:
    released = released_code.read()
    folder = released_code.unpack(released, tmp_path / "released")
    if folder is None:
        pytest.skip("this clone lacks the commit of the last release")
    with opened(url) as engine:
        schema.upgrade(engine, released.revision)
    started = released_code.started(folder, url, sandbox.url, tmp_path / "data")
    with started as process, opened(url) as engine:
        wait_until(engine, "SELECT count(*) FROM messages")
        took, _lines = upgrade_beside_a_long_transaction(
            url, "UPDATE invoices SET notes = 'held' WHERE invoice_id = 502"
        )
        _, said = process.communicate(timeout=120)
        assert process.returncode == 0, said[-2000:]
        assert took < LONGEST
        assert schema.is_current(engine)
        with db.reading(engine) as session:
            invoice = session.get_one(Invoice, released_code.INVOICE)
            assert (invoice.amount_paid, invoice.amount_refunded, invoice.notes) == (8250, 1000, "held")
            states = [one.state for one in session.scalars(select(Message))]
        assert states == ["sent", "sent", "sent"]


def wait_until(engine: Engine, question: str) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with engine.connect().execution_options(**db.READ_ONLY) as connection:
            if connection.scalar(text(question)):
                return
        time.sleep(0.05)
    raise TimeoutError(question)
