"""0046 may be stopped and run again, and its log refuses every change."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import Engine, inspect, text
from sqlalchemy.exc import DBAPIError

from paymail.db import schema
from tests.migrations.databases import BOTH, database_at


@pytest.fixture(params=BOTH)
def made(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """A database in which 0046 was run, and is believed not to have been."""
    with database_at("0046", request, tmp_path) as engine:
        command.stamp(schema.config(engine), "0045")
        yield engine


def test_it_is_run_again_refuses_changes_and_can_be_taken_back(made: Engine) -> None:
    schema.upgrade(made, "0046")
    with made.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO audit_entries (at, who, door, act, object, name, old, new)"
                " VALUES ('2026-03-17 00:00:00', 'Ann', 'cli', 'x', '', '', '', '')"
            )
        )
    server = made.dialect.name == "postgresql"
    for statement in ("DELETE FROM audit_entries", *(["TRUNCATE audit_entries"] if server else [])):
        with pytest.raises(DBAPIError, match="append-only"), made.begin() as connection:
            connection.execute(text(statement))
    command.downgrade(schema.config(made), "0045")
    assert "audit_entries" not in inspect(made).get_table_names()
    schema.upgrade(made, "0046")
