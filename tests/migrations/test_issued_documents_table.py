"""0030 makes room for what was issued; nothing of before is lost with it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import Engine, inspect, text

from paymail.db import schema
from tests.migrations.databases import BOTH, database_at

KEPT = "INSERT INTO blobs (sha256, size, content, created_at) VALUES ('ab', 1, :pdf, '2026-03-17 01:00:00')"


@pytest.fixture(params=BOTH)
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """A database at 0025 with the PDF of an email."""
    with database_at("0025", request, tmp_path) as engine:
        with engine.begin() as connection:
            connection.execute(text(KEPT), {"pdf": b"%"})
        yield engine


def test_what_is_new_can_be_taken_away_and_made_again(old: Engine) -> None:
    schema.upgrade(old)
    command.downgrade(schema.config(old), "0025")
    assert "issued_documents" not in inspect(old).get_table_names()
    schema.upgrade(old)
    with old.connect() as connection:
        assert connection.execute(text("SELECT COUNT(*) FROM issued_documents")).scalar_one() == 0
        assert connection.execute(text("SELECT sha256 FROM blobs")).all() == [("ab",)]


def test_what_older_code_would_take_for_an_invoice_goes_with_its_kind(old: Engine) -> None:
    schema.upgrade(old)
    columns = {column["name"] for column in inspect(old).get_columns("issued_documents")}
    assert "kind" in columns
    command.downgrade(schema.config(old), "0046")
    columns = {column["name"] for column in inspect(old).get_columns("issued_documents")}
    assert "kind" not in columns
    schema.upgrade(old)
