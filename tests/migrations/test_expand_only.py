"""What a migration may not do to a table in use: take something away, or hold others up."""

import re
from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, event, inspect

from paymail.db import make_engine, schema
from tests.migrations import released_code
from tests.postgres import Cluster

RELEASED = released_code.read()
REFUSES = "refuses rows that the code before writes"
TAKES_AWAY = {
    r"DROP TABLE (?:IF EXISTS )?(\w+)": "drops a table",
    r"ALTER TABLE (\w+) .*\bDROP (?:COLUMN|CONSTRAINT|DEFAULT)\b": "drops a part of a table",
    r"ALTER TABLE (\w+) DROP (?!COLUMN|CONSTRAINT|NOT NULL)\w+": "drops a column",
    r"ALTER TABLE (\w+) RENAME\b": "renames",
    r"ALTER TABLE (\w+) .*\bSET NOT NULL\b": REFUSES,
    r"ALTER TABLE (\w+) ADD (?:COLUMN )?(?!.*\bDEFAULT\b).*\bNOT NULL\b": REFUSES,
}
HOLDS_UP = {
    r"CREATE (?:UNIQUE )?INDEX (?!CONCURRENTLY).* ON (\w+)": "use build_index (paymail/db/indexes.py)",
    r"DROP INDEX (?!CONCURRENTLY)()": "use drop_index (paymail/db/indexes.py)",
    r"ALTER TABLE (\w+) ADD CONSTRAINT (?!.*NOT VALID)": "add it NOT VALID, validate it later",
    r"LOCK TABLE (\w+)": "holds everybody up",
    r"ALTER TABLE (\w+) .*\bTYPE (?!VARCHAR|TEXT)": "rewrites the table",
}


def objection(statement: str, in_use: set[str]) -> str:
    """Return why a migration may not execute `statement`; empty if it may."""
    squeezed = " ".join(statement.replace('"', "").split())
    for pattern, reason in (TAKES_AWAY | HOLDS_UP).items():
        found = re.match(pattern, squeezed, re.IGNORECASE)
        if found and (not found[1] or found[1].lower() in in_use):
            return f"{squeezed}: {reason}"
    return ""


@pytest.mark.parametrize(
    "statement",
    [
        "DROP TABLE invoices",
        "ALTER TABLE invoices DROP COLUMN notes",
        "ALTER TABLE invoices DROP notes",
        "ALTER TABLE invoices DROP CONSTRAINT uq_invoices_number",
        "ALTER TABLE invoices RENAME TO bills",
        "ALTER TABLE invoices RENAME notes TO remarks",
        "ALTER TABLE invoices ALTER COLUMN part_minimum SET NOT NULL",
        "ALTER TABLE invoices ADD COLUMN colour VARCHAR(3) NOT NULL",
        "CREATE INDEX ix_a ON invoices (total)",
        'CREATE UNIQUE INDEX ix_a ON "invoices" (total)',
        "DROP INDEX ix_invoices_status_due",
        "ALTER TABLE invoices ADD CONSTRAINT fk FOREIGN KEY(a) REFERENCES b (a)",
        "LOCK TABLE messages IN SHARE MODE",
        "ALTER TABLE invoices ALTER COLUMN total TYPE NUMERIC",
    ],
)
def test_what_takes_away_or_holds_up_is_refused(statement: str) -> None:
    assert objection(statement, {"invoices", "messages"})


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE invoices ADD COLUMN colour VARCHAR(3)",
        "ALTER TABLE invoices ADD COLUMN colour VARCHAR(3) DEFAULT '' NOT NULL",
        "ALTER TABLE invoices ALTER COLUMN part_minimum DROP NOT NULL",
        "ALTER TABLE invoices ALTER COLUMN number TYPE VARCHAR(200)",
        "ALTER TABLE invoices ADD CONSTRAINT fk FOREIGN KEY(a) REFERENCES b (a) NOT VALID",
        "ALTER TABLE invoices VALIDATE CONSTRAINT fk",
        "CREATE INDEX CONCURRENTLY ix_a ON invoices (total)",
        "CREATE INDEX ix_a ON new_table (total)",
        "CREATE TABLE new_table (a INTEGER NOT NULL)",
        "DROP INDEX CONCURRENTLY ix_a",
        "UPDATE alembic_version SET version_num='0099'",
    ],
)
def test_what_only_adds_passes(statement: str) -> None:
    assert objection(statement, {"invoices", "messages"}) == ""


@pytest.fixture
def statements(postgres: Cluster) -> Iterator[list[str]]:
    """What the migrations since the last release execute."""
    engine = make_engine(postgres.create("expand_only"))
    schema.upgrade(engine, RELEASED.revision)
    heard: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *given: heard.append(given[2]))
    schema.upgrade(engine)
    engine.dispose()
    yield heard
    postgres.drop("expand_only")


def test_the_migrations_since_the_last_release_only_add_and_hold_nobody_up(statements: list[str]) -> None:
    in_use = set(RELEASED.tables)
    assert [reason for one in statements if (reason := objection(one, in_use))] == []


def test_an_index_stands_in_a_migration_of_its_own() -> None:
    for file in sorted((schema.FOLDER / "versions").glob("[0-9]*.py")):
        upgrading = file.read_text().partition("def downgrade")[0]
        # What comes before a concurrent build is committed: after a stop it would be done a second time.
        mixed = "build_index(" in upgrading and re.search(r"\bop\.\w+", upgrading)
        assert not mixed, f"{file.name}: move {mixed} into a migration of its own"


def test_every_column_of_the_last_release_is_there_and_holds_as_much(engine: Engine) -> None:
    found = inspect(engine)
    for table, columns in RELEASED.tables.items():
        now = {column["name"]: column for column in found.get_columns(table)}
        for name, column in columns.items():
            assert name in now, f"{table}.{name} is gone"
            length = getattr(now[name]["type"], "length", None)
            assert length is None or length >= max(column.length, len(column.longest)), f"{table}.{name}"
        new = [column for name, column in now.items() if name not in columns]
        refused = [c["name"] for c in new if not c["nullable"] and c["default"] is None]
        assert refused == [], f"{table}: the code before writes no {refused}"
