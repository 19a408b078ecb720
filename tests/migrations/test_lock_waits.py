"""A migration that cannot get its lock waits a little, lets others pass, and leaves things whole."""

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import Engine, event, inspect, text

from paymail.db import lock_waits, make_engine, run_locks, schema
from paymail.db.lock_waits import Patience, SchemaLocked
from tests.migrations import rows_at_0005
from tests.postgres import Cluster

INDEX = "ix_payment_attempts_status"


@pytest.fixture
def server(postgres: Cluster) -> Iterator[Engine]:
    """A PostgreSQL database at 0005 with a few rows."""
    engine = make_engine(postgres.create("locks"))
    yield from at_0005(engine)
    postgres.drop("locks")


@pytest.fixture(params=["sqlite", "server"])
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """A database at 0005 with a few rows."""
    if request.param == "server":
        yield request.getfixturevalue("server")
        return
    yield from at_0005(make_engine(f"sqlite:///{tmp_path / 'locks.db'}"))


def at_0005(engine: Engine) -> Iterator[Engine]:
    schema.upgrade(engine, "0005")
    with engine.begin() as connection:
        rows_at_0005.write(connection)
    yield engine
    engine.dispose()


@contextmanager
def somebody_writes(engine: Engine) -> Iterator[Callable[[], None]]:
    """An open transaction that has written a message; what is yielded ends it."""
    with engine.connect() as connection:
        connection.execute(text("UPDATE messages SET fence = fence + 1 WHERE message_id = 1"))
        yield connection.commit


def columns(engine: Engine, table: str) -> set[str]:
    with engine.connect() as connection:
        found = connection.execute(text(f"SELECT * FROM {table} LIMIT 0")).keys()
        return set(found)


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait a third as long as in earnest."""
    monkeypatch.setattr(lock_waits, "LOCK_SECONDS", 1)


def test_a_lock_is_waited_for_again_and_again_with_a_line(old: Engine) -> None:
    lines: list[str] = []
    with somebody_writes(old) as ends:

        def tell(line: str) -> None:
            lines.append(line)
            if len(lines) == 2:
                ends()

        schema.upgrade(old, tell=tell, patience=Patience(tries=5, pause=0))
    assert schema.is_current(old)
    assert lines == [
        "waited for a lock that somebody else holds (the database is at revision 0005); trying again in 0 s"
        f" ({tried} of 5)"
        for tried in (2, 3)
    ]
    with old.connect() as connection:
        assert connection.scalar(text("SELECT fence FROM messages WHERE message_id = 1")) == 1
        assert connection.scalar(text("SELECT due_on FROM messages WHERE message_id = 2")) is not None


def test_a_lock_that_stays_ends_the_upgrade_with_nothing_half_done(old: Engine) -> None:
    before = columns(old, "messages")
    with (
        somebody_writes(old),
        pytest.raises(SchemaLocked, match=r"gave up after 2 tries.*is at revision 0005"),
    ):
        schema.upgrade(old, patience=Patience(tries=2, pause=0))
    assert schema.revision(old) == "0005"
    assert columns(old, "messages") == before
    schema.upgrade(old)
    assert schema.is_current(old)


def test_what_is_no_lock_is_not_tried_again(old: Engine) -> None:
    with old.begin() as connection:
        connection.execute(text("ALTER TABLE messages RENAME TO gone"))
    lines: list[str] = []
    with pytest.raises(Exception, match="messages"):
        schema.upgrade(old, tell=lines.append)
    assert lines == []


@pytest.mark.parametrize("stop", [1, 4, 7])
def test_an_upgrade_to_0010_that_was_stopped_anywhere_goes_on(old: Engine, stop: int) -> None:
    schema.upgrade(old, "0009")
    seen = 0

    def stops(*given: object) -> None:
        nonlocal seen
        if str(given[2]).lstrip().startswith(("CREATE", "ALTER")):
            seen += 1
            if seen > stop:
                raise RuntimeError("stopped")

    event.listen(old, "before_cursor_execute", stops)
    with pytest.raises(RuntimeError, match="stopped"):
        schema.upgrade(old, "0010")
    event.remove(old, "before_cursor_execute", stops)
    schema.upgrade(old)
    assert schema.is_current(old)
    found = inspect(old).get_foreign_keys("saved_methods")
    assert sorted(key["referred_table"] for key in found) == ["customers", "invoices"]


def test_an_index_is_built_beside_a_writer_that_is_not_held_up(server: Engine) -> None:
    schema.upgrade(server, "0010")
    with server.connect() as writer:
        insert_attempt(writer, 2)
        building = threading.Thread(target=schema.upgrade, args=(server, "0011"))
        building.start()
        wait_until(server, "SELECT count(*) FROM pg_stat_progress_create_index")
        with server.begin() as another:
            another.execute(text("SET LOCAL lock_timeout = '200ms'"))
            insert_attempt(another, 3)
        writer.commit()
        building.join(20)
    assert is_valid(server)


def test_an_index_that_a_stopped_build_left_broken_is_built_anew(server: Engine) -> None:
    schema.upgrade(server, "0010")
    with server.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        insert_attempt(connection, 2)
        # All rows have the same value: it fails at the end, and its index stays.
        building = text(f"CREATE UNIQUE INDEX CONCURRENTLY {INDEX} ON payment_attempts (account)")
        with pytest.raises(Exception, match="unique"):
            connection.execute(building)
    assert not is_valid(server)
    schema.upgrade(server, "0011")
    assert is_valid(server)


def test_an_index_that_was_built_before_the_revision_moved_is_kept(server: Engine) -> None:
    schema.upgrade(server, "0011")
    command.stamp(schema.config(server), "0010")
    schema.upgrade(server, "0011")
    assert is_valid(server)
    command.downgrade(schema.config(server), "0010")
    assert not is_valid(server)


def test_a_second_upgrade_says_that_it_waits_for_the_first(server: Engine) -> None:
    lines: list[str] = []
    with server.connect() as first:
        first.execute(text("SELECT pg_advisory_lock(7241869)"))
        first.commit()
        told = threading.Event()

        def tell(line: str) -> None:
            lines.append(line)
            told.set()

        second = threading.Thread(target=lambda: schema.upgrade(server, tell=tell))
        second.start()
        assert told.wait(10)
        # It holds nothing that an index which is built concurrently would wait for.
        held = (
            "SELECT count(*) FROM pg_stat_activity WHERE backend_xmin IS NOT NULL AND pid <> pg_backend_pid()"
        )
        wait_until(server, f"SELECT ({held}) = 0")
        first.execute(text("SELECT pg_advisory_unlock(7241869)"))
        first.commit()
        second.join(20)
    assert lines == ["another upgrade of this database is running; waiting for it to end"]
    assert schema.is_current(server)


def test_a_second_upgrade_of_a_file_waits_for_the_first(tmp_path: Path) -> None:
    lines: list[str] = []
    told, ended = threading.Event(), threading.Event()

    def tell(line: str) -> None:
        lines.append(line)
        told.set()

    engine = make_engine(f"sqlite:///{tmp_path / 'turns.db'}")
    schema.upgrade(engine, "0007")

    def upgrade() -> None:
        schema.upgrade(engine, tell=tell)
        ended.set()

    with run_locks.in_turn(engine, name="db upgrade", tell=lines.append, waits="never"):
        second = threading.Thread(target=upgrade)
        second.start()
        assert told.wait(10)
        assert not ended.is_set()
        assert schema.revision(engine) == "0007"
    second.join(30)
    assert lines == [lock_waits.ANOTHER_UPGRADE]
    assert schema.is_current(engine)
    engine.dispose()


def test_processes_that_start_after_an_update_upgrade_a_file_one_after_another(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'turns.db'}"
    schema.upgrade(make_engine(url), "0007")
    code = "import sys; from paymail.db import make_engine, schema; schema.upgrade(make_engine(sys.argv[1]))"
    started = [subprocess.Popen([sys.executable, "-c", code, url], stderr=subprocess.PIPE) for _ in range(3)]
    assert [(one.communicate(timeout=60)[1], one.returncode) for one in started] == [(b"", 0)] * 3
    assert schema.is_current(make_engine(url))


def insert_attempt(connection: object, generation: int) -> None:
    rows_at_0005.insert_attempt(connection, generation, "canceled")  # type: ignore[arg-type]


def is_valid(engine: Engine) -> bool:
    with engine.connect() as connection:
        found = connection.scalar(
            text("SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass(:name)"), {"name": INDEX}
        )
        return bool(found)


def wait_until(engine: Engine, question: str) -> None:
    done = threading.Event()
    for _ in range(400):
        with engine.connect() as connection:
            if connection.scalar(text(question)):
                return
        done.wait(0.02)
    raise TimeoutError(question)
