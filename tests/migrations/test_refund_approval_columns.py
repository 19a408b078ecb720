"""0054 keeps refunds as they were and makes room for approvals and for credit notes without a payment."""

from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import inspect

from paymail.db import schema
from tests.migrations.databases import BOTH, database_at


@pytest.mark.parametrize("kind", BOTH, indirect=True)
def test_a_refund_need_have_no_payment_and_the_way_back_keeps_the_notes(
    kind: pytest.FixtureRequest, tmp_path: Path
) -> None:
    with database_at("0046", kind, tmp_path) as engine:
        before = {column["name"] for column in inspect(engine).get_columns("refunds")}
        indexes = {index["name"] for index in inspect(engine).get_indexes("refunds")}
        schema.upgrade(engine)
        after = {column["name"]: column["nullable"] for column in inspect(engine).get_columns("refunds")}
        assert after.keys() - before == {"asked_at", "decided_by", "owed_again"}
        assert after["payment_id"]
        if engine.dialect.name == "sqlite":
            with engine.connect() as connection:
                assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
        assert {index["name"] for index in inspect(engine).get_indexes("refunds")} == indexes
        command.downgrade(schema.config(engine), "0046")
        assert {column["name"] for column in inspect(engine).get_columns("refunds")} == before


@pytest.fixture
def kind(request: pytest.FixtureRequest) -> pytest.FixtureRequest:
    """Which database."""
    return request
