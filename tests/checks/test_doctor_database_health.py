"""Damage that shows only later: in pages of SQLite, in indexes and settings of PostgreSQL."""

import sqlite3
from collections.abc import Iterator

import pytest
from sqlalchemy import text

from paymail.checks import Finding, Verdict, postgresql_health, sqlite_pages
from paymail.settings import Settings
from paymail.wiring import App, build
from tests.postgres import Cluster
from tests.tasks.test_workers import until


def test_a_damaged_sqlite_file_is_a_failure_and_a_sound_one_is_not(embedded: Settings) -> None:
    file = embedded.data_dir / "paymail.db"
    assert sqlite_pages.finding(str(file)).verdict is Verdict.OK
    content = bytearray(file.read_bytes())
    page = int.from_bytes(content[16:18], "big")
    for start in range(2 * page, len(content), page):
        content[start : start + 64] = b"\xff" * 64
    file.write_bytes(content)
    found = sqlite_pages.finding(str(file))
    assert (found.verdict, "restore" in found.remedy) == (Verdict.FAILED, True)


def test_a_large_sqlite_file_is_not_read_to_the_end(embedded: Settings) -> None:
    file = embedded.data_dir / "paymail.db"
    with sqlite3.connect(file) as connection:
        connection.execute(
            "CREATE TABLE filler AS WITH RECURSIVE n(i) AS"
            " (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) SELECT i, hex(i) FROM n"
        )
        connection.execute("CREATE INDEX filler_i ON filler (i)")
    connection.close()
    assert sqlite_pages.finding(str(file), longest=-1).verdict is Verdict.NOT_ASKED


@pytest.fixture
def app(embedded: Settings, postgres: Cluster) -> Iterator[App]:
    found = build(embedded.model_copy(update={"database_url": postgres.create("health", "template_paymail")}))
    yield found
    found.close()
    postgres.drop("health")


def test_postgresql_as_it_should_be_has_nothing_to_tell(app: App) -> None:
    with app.reading() as session:
        assert list(postgresql_health.findings(session)) == []


def test_a_broken_index_is_a_failure(app: App) -> None:
    index = "(SELECT indexrelid FROM pg_index WHERE indrelid = 'messages'::regclass LIMIT 1)"
    with app.transaction() as session:
        session.execute(text(f"UPDATE pg_index SET indisvalid = false WHERE indexrelid = {index}"))
    with app.reading() as session:
        (found,) = postgresql_health.findings(session)
    assert (found.verdict, "messages" in found.found) == (Verdict.FAILED, True)
    assert found.remedy.startswith("run REINDEX INDEX CONCURRENTLY")


def test_transaction_ids_that_wear_out_are_told(app: App) -> None:
    with app.reading() as session:
        (found,) = postgresql_health.findings(session, worn=1)
    assert (found.verdict, "autovacuum" in found.found) == (Verdict.WARNING, True)


def test_commits_that_do_not_wait_for_their_synchronous_replica_are_told(app: App) -> None:
    with app.engine.connect() as connection:
        raw = connection.execution_options(isolation_level="AUTOCOMMIT")
        raw.execute(text("ALTER SYSTEM SET synchronous_standby_names = 'second'"))
        raw.execute(text("ALTER DATABASE health SET synchronous_commit = local"))
        raw.execute(text("SELECT pg_reload_conf()"))
    app.engine.dispose()

    def told() -> list[Finding]:
        with app.reading() as session:
            return list(postgresql_health.findings(session))

    until(told)
    (found,) = told()
    with app.engine.connect() as connection:
        raw = connection.execution_options(isolation_level="AUTOCOMMIT")
        raw.execute(text("ALTER SYSTEM RESET synchronous_standby_names"))
        raw.execute(text("SELECT pg_reload_conf()"))
    assert (found.verdict, "failover" in found.found) == (Verdict.WARNING, True)
