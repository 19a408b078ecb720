"""0037 makes room for what went along with a receipt, and can be taken back."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import Engine, inspect

from paymail.db import schema
from tests.migrations.databases import BOTH, database_at


@pytest.fixture(params=BOTH)
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """A database at 0036."""
    with database_at("0036", request, tmp_path) as engine:
        yield engine


def columns(engine: Engine) -> set[str]:
    return {column["name"] for column in inspect(engine).get_columns("messages")}


def test_the_column_comes_and_goes(old: Engine) -> None:
    before = columns(old)
    schema.upgrade(old)
    assert "enclosed_sha256" in columns(old) - before
    command.downgrade(schema.config(old), "0036")
    assert columns(old) == before
