"""0036 reads from the history when an invoice was voided or written off, and can be taken back."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import Engine, text

from paymail.db import schema
from tests.migrations.databases import BOTH, database_at
from tests.migrations.host_rows import write_invoice, write_parties
from tests.migrations.rows_at_0005 import AT, LATER, insert


@pytest.fixture(params=BOTH)
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """A database at 0034 with an open invoice, a void one and one that was written off in two parts."""
    with database_at("0034", request, tmp_path) as engine:
        with engine.begin() as connection:
            write_parties(connection)
            for number, status, off in ((1, "sent", 0), (2, "void", 0), (3, "sent", 110)):
                write_invoice(connection, number, status=status, written_off=off)
            for number, kind, at in ((2, "voided", AT), (3, "written_off", AT), (3, "written_off", LATER)):
                insert(
                    connection,
                    "timeline_events",
                    invoice_id=number,
                    at=at,
                    kind=kind,
                    actor="amy",
                    detail="x",
                )
        yield engine


def ends(engine: Engine) -> list[tuple[str, str]]:
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT voided_at, written_off_at FROM invoices ORDER BY invoice_id"))
        return [(str(voided)[:10], str(written_off)[:10]) for voided, written_off in rows]


def test_each_end_has_its_time_and_can_be_taken_away_and_found_again(old: Engine) -> None:
    found = [("None", "None"), ("2026-03-17", "None"), ("None", "2026-03-18")]
    schema.upgrade(old)
    assert ends(old) == found
    command.downgrade(schema.config(old), "0034")
    schema.upgrade(old)
    assert ends(old) == found
