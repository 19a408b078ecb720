"""Nobody works on a schema that is older than the code, and none is upgraded beside those who do."""

from collections.abc import Iterator

import pytest
from sqlalchemy import text

from paymail.cli.context import open_app
from paymail.db import lock_waits, make_engine, schema, transaction
from paymail.services.outbox import heartbeats
from paymail.settings import Settings
from paymail.wiring import App, build
from tests.cli.running import run
from tests.postgres import Cluster


@pytest.fixture
def server(postgres: Cluster, monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> Iterator[str]:
    """An empty database on a server; the commands' own."""
    url = postgres.create("old_schema")
    monkeypatch.setenv("PAYMAIL_DATABASE_URL", url)
    monkeypatch.setenv("PAYMAIL_DATA_DIR", str(tmp_path))
    yield url
    postgres.drop("old_schema")


@pytest.mark.parametrize("revision", [None, "0005"])
@pytest.mark.parametrize("command", [["beat"], ["worker"], ["web"], ["tick"], ["invoices", "list"]])
def test_a_missing_or_older_schema_is_refused_in_one_line(
    server: str, command: list[str], revision: str | None
) -> None:
    engine = make_engine(server)
    if revision:
        schema.upgrade(engine, revision)
    engine.dispose()
    done = run(*command, expect=3)
    (line,) = done.stderr.strip().splitlines()
    assert line.endswith(f"this version needs {schema.head()}: run `paymail db upgrade`")


def test_an_upgrade_that_gets_no_lock_says_so_line_by_line_and_exits(
    server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lock_waits, "LOCK_SECONDS", 1)
    assert schema.upgrade.__kwdefaults__
    monkeypatch.setitem(schema.upgrade.__kwdefaults__, "patience", lock_waits.Patience(tries=2, pause=0))
    engine = make_engine(server)
    schema.upgrade(engine, "0005")
    with engine.connect() as connection:
        connection.execute(text("LOCK TABLE messages IN SHARE MODE"))
        first, last = run("db", "upgrade", expect=1).stderr.strip().splitlines()
    assert first.endswith("(the database is at revision 0005); trying again in 0 s (2 of 2)")
    assert last.startswith("paymail: gave up after 2 tries: others hold locks")
    assert schema.revision(engine) == "0005"
    engine.dispose()


def test_a_newer_schema_is_worked_on(server: str) -> None:
    run("db", "upgrade")
    engine = make_engine(server)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    open_app().close()


def test_an_upgrade_beside_running_workers_is_refused_unless_forced(server: str) -> None:
    engine = make_engine(server)
    schema.upgrade(engine, "0005")
    app: App = build(Settings())
    with transaction(engine) as session:
        heartbeats.beat(session, worker="host:1", now=app.now())
    app.close()
    assert "stop web, workers and beat" in run("db", "upgrade", expect=1).stderr
    assert schema.revision(engine) == "0005"
    run("db", "upgrade", "--force")
    assert schema.is_current(engine)
    run("db", "upgrade")
    engine.dispose()
