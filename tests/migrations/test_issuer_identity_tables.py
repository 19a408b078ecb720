"""0025 leaves issuers, customers and invoices as they were: nothing new is said of them."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import Engine, inspect, text
from sqlalchemy.exc import IntegrityError

from paymail.db import schema
from tests.migrations.databases import BOTH, database_at
from tests.migrations.rows_at_0005 import insert

AT = "2026-03-17 01:00:00.000000"


@pytest.fixture(params=BOTH)
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """A database at 0024 with an issuer."""
    with database_at("0024", request, tmp_path) as engine:
        with engine.begin() as connection:
            insert(
                connection, "issuers", issuer_id=1, name="Host Pty Ltd", tax_id="ABN 51 824 753 556",
                tax_name="GST", address="", save_methods=False,
                email="b@h.example", reply_to="", currency="AUD", locale="en-AU", timezone="Australia/Sydney",
                stripe_account="", last_receipt=0, last_credit_note=0, link_days=30, application_fee=0,
                country="AU", subdivision="", reminders_off=False, ladder="", send_at="09:00",
                quiet_from="20:00", quiet_until="08:00", reminder_minimum=0, reminder_cap=10, sender_rate="",
                created_at=AT,
            )  # fmt: skip
        yield engine


def test_an_issuer_of_before_has_no_bank_account_and_never_had_one(old: Engine) -> None:
    schema.upgrade(old)
    with old.connect() as connection:
        found = connection.execute(
            text("SELECT phone, colour, logo_sha256, bank_number, bank_since FROM issuers")
        )
        assert found.all() == [("", "", None, "", None)]


def test_what_is_new_can_be_taken_away_and_made_again(old: Engine) -> None:
    schema.upgrade(old)
    command.downgrade(schema.config(old), "0024")
    assert "issuer_logos" not in inspect(old).get_table_names()
    names = {
        column["name"]
        for table in ("issuers", "customers", "invoices")
        for column in inspect(old).get_columns(table)
    }
    assert not names & {"phone", "attention", "tax_aud", "bank_since"}
    schema.upgrade(old)
    with old.connect() as connection:
        assert connection.execute(text("SELECT name, tax_id FROM issuers")).all() == [
            ("Host Pty Ltd", "ABN 51 824 753 556")
        ]


def test_an_issuer_has_one_change_of_its_bank_details_that_waits(old: Engine) -> None:
    schema.upgrade(old)
    columns = {"issuer_id": 1, "details": "{}", "asked_at": AT, "asked_by": "t", "due_at": AT, "ended_by": ""}
    with old.begin() as connection:
        for number, state in enumerate(("cancelled", "cancelled", "waiting"), 1):
            insert(connection, "bank_changes", change_id=number, state=state, **columns)
    with pytest.raises(IntegrityError), old.begin() as connection:
        insert(connection, "bank_changes", change_id=4, state="waiting", **columns)
    command.downgrade(schema.config(old), "0025")
    assert "bank_changes" not in inspect(old).get_table_names()
