"""0028 and 0029 give invoices of before a code each, and can be stopped, done again and taken back."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import Engine, inspect, text

from paymail.db import schema
from tests.migrations.databases import BOTH, database_at
from tests.migrations.host_rows import write_invoice, write_parties


@pytest.fixture(params=BOTH)
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """A database at 0026 with twenty invoices, the last of which has no link."""
    with database_at("0026", request, tmp_path) as engine:
        with engine.begin() as connection:
            write_parties(connection)
            for number in range(1, 21):
                write_invoice(connection, number, token=f"{number:064x}" if number < 20 else None)
        yield engine


def upgrade_in_small_batches(engine: Engine) -> None:
    config = schema.config(engine)
    config.attributes["backfill_batch"] = 7
    command.upgrade(config, "0029")


def codes(engine: Engine) -> list[str | None]:
    with engine.connect() as connection:
        found = connection.execute(text("SELECT verify_code FROM invoices ORDER BY invoice_id"))
        return list(found.scalars())


def test_each_invoice_with_a_link_is_given_a_code(old: Engine) -> None:
    upgrade_in_small_batches(old)
    *given, without = codes(old)
    assert without is None
    assert len(set(given)) == 19
    assert all(code and len(code) == 10 for code in given)


def test_it_can_be_stopped_done_again_and_taken_back(old: Engine) -> None:
    schema.upgrade(old, "0028")
    before = codes(old)
    with old.begin() as connection:
        connection.execute(text("UPDATE invoices SET verify_code = NULL WHERE invoice_id = 3"))
        connection.execute(text("UPDATE alembic_version SET version_num = '0026'"))
    upgrade_in_small_batches(old)
    after = codes(old)
    assert after[:2] + after[3:] == before[:2] + before[3:]
    assert after[2] is not None
    command.downgrade(schema.config(old), "0026")
    assert "objections" not in inspect(old).get_table_names()
    with old.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM invoices")) == 20
