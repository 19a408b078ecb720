"""0044 makes whoever could sign in an admin of all issuers, and leaves keys with all of them."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, inspect, text

from paymail.db import schema
from tests.migrations.databases import BOTH, database_at


@pytest.fixture(params=BOTH)
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """A database of before, with somebody who can sign in and a key."""
    before = ScriptDirectory(str(schema.FOLDER)).get_revision("0044").down_revision
    with database_at(str(before), request, tmp_path) as engine:
        with engine.begin() as connection:
            connection.execute(
                text(
                    "INSERT INTO staff_users (email, password_hash, created_at)"
                    " VALUES ('ann@office.example', 'x', '2026-03-17 00:00:00')"
                )
            )
            connection.execute(
                text(
                    "INSERT INTO api_keys (prefix, secret_sha256, name, scopes, created_at)"
                    " VALUES ('abc', 'x', 'Key', 'read', '2026-03-17 00:00:00')"
                )
            )
        yield engine


def test_who_was_there_keeps_everything_and_it_can_be_taken_back(old: Engine) -> None:
    schema.upgrade(old)
    with old.connect() as connection:
        roles = connection.execute(text("SELECT issuer_id, role FROM staff_roles")).all()
        assert roles == [(None, "admin")]
        assert connection.scalar(text("SELECT issuer_id FROM api_keys")) is None
    before = ScriptDirectory(str(schema.FOLDER)).get_revision("0044").down_revision
    command.downgrade(schema.config(old), str(before))
    assert "staff_roles" not in inspect(old).get_table_names()
    schema.upgrade(old)
