"""0041 and 0042: holds and changes of customers, and an index, beside rows of before; both can be undone."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, inspect, text

from paymail import db
from paymail.db import schema
from paymail.models import Customer
from paymail.services.reminders import customer_holds
from tests.factories import NOW
from tests.migrations import rows_at_0005
from tests.migrations.databases import BOTH, database_at


@pytest.fixture(params=BOTH)
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """A database at 0005 with a few rows."""
    with database_at("0005", request, tmp_path) as engine:
        with engine.begin() as connection:
            rows_at_0005.write(connection)
        yield engine


def test_a_customer_of_before_is_not_held_and_can_be(old: Engine) -> None:
    schema.upgrade(old)
    assert "ix_invoices_owed_by" in {one["name"] for one in inspect(old).get_indexes("invoices")}
    with db.transaction(old) as session:
        found = session.query(Customer).first()
        assert found is not None
        assert not customer_holds.is_held(found, NOW)
        customer_holds.hold(session, customer_id=found.customer_id, reason="r", actor="ann", now=NOW)
    before_0041 = ScriptDirectory(str(schema.FOLDER)).get_revision("0041").down_revision
    command.downgrade(schema.config(old), str(before_0041))
    assert "customer_changes" not in inspect(old).get_table_names()
    with old.connect() as connection:
        customers = connection.scalar(text("SELECT count(*) FROM customers"))
    schema.upgrade(old)
    with db.reading(old) as session:
        assert session.query(Customer).count() == customers
