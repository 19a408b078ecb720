"""0037 and 0038 make room for what receipts bring along and credit notes say, and can be taken back."""

from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import Engine, inspect

from paymail.db import schema
from tests.migrations.databases import BOTH, database_at


def columns(engine: Engine, table: str) -> set[str]:
    return {column["name"] for column in inspect(engine).get_columns(table)}


@pytest.mark.parametrize("kind", BOTH, indirect=True)
@pytest.mark.parametrize(
    ("table", "column"), [("messages", "enclosed_sha256"), ("refunds", "credited_before")]
)
def test_the_column_comes_and_goes(
    kind: pytest.FixtureRequest, tmp_path: Path, table: str, column: str
) -> None:
    with database_at("0036", kind, tmp_path) as engine:
        before = columns(engine, table)
        schema.upgrade(engine)
        assert column in columns(engine, table) - before
        command.downgrade(schema.config(engine), "0036")
        assert columns(engine, table) == before


@pytest.fixture
def kind(request: pytest.FixtureRequest) -> pytest.FixtureRequest:
    """Which database."""
    return request
