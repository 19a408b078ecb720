"""0033 and 0034 add views and indexes beside rows of before, and can be taken back."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, inspect, text

from paymail.db import schema
from tests.migrations import rows_at_0005
from tests.migrations.databases import BOTH, database_at


@pytest.fixture(params=BOTH)
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """A database at 0005 with a few rows."""
    with database_at("0005", request, tmp_path) as engine:
        with engine.begin() as connection:
            rows_at_0005.write(connection)
        yield engine


def test_the_indexes_find_what_was_owed_before_and_all_can_be_taken_back(old: Engine) -> None:
    with old.connect() as connection:
        before = connection.scalar(text("SELECT count(*) FROM invoices"))
    schema.upgrade(old)
    indexes = {one["name"] for one in inspect(old).get_indexes("invoices")}
    assert {"ix_invoices_owed", "ix_invoices_issued_date"} <= indexes
    before_0033 = ScriptDirectory(str(schema.FOLDER)).get_revision("0033").down_revision
    command.downgrade(schema.config(old), str(before_0033))
    assert "saved_views" not in inspect(old).get_table_names()
    schema.upgrade(old)
    with old.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM invoices")) == before
