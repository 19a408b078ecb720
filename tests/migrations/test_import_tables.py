"""0018 and 0019 leave what was there as it was made: by no import, so none can take it back."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import Engine, inspect, text

from paymail.db import schema
from paymail.services.imports import take_back
from tests.migrations.databases import BOTH, database_at
from tests.migrations.rows_at_0005 import insert
from tests.services.imports.host_files import BASE, bring, context_of, rows, text_of

AT = "2026-03-17 01:00:00.000000"


@pytest.fixture(params=BOTH)
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """A database at 0017 with an issuer and a customer."""
    with database_at("0017", request, tmp_path) as engine:
        with engine.begin() as connection:
            insert(
                connection, "issuers", issuer_id=1, name="Host Pty Ltd", tax_id="",
                tax_name="GST", address="", save_methods=False,
                email="b@h.example", reply_to="", currency="AUD", locale="en-AU", timezone="Australia/Sydney",
                stripe_account="", last_receipt=0, last_credit_note=0, link_days=30, application_fee=0,
                country="AU", subdivision="", reminders_off=False, ladder="", send_at="09:00",
                quiet_from="20:00", quiet_until="08:00", reminder_minimum=0, reminder_cap=10, sender_rate="",
                created_at=AT,
            )  # fmt: skip
            insert(
                connection, "customers", customer_id=1, issuer_id=1, name=BASE["customer_name"],
                email=BASE["customer_email"], address="", locale="", reminders_off=False, ladder="",
                created_at=AT,
            )  # fmt: skip
        yield engine


def test_a_customer_of_before_stays_when_an_import_is_taken_back(old: Engine) -> None:
    schema.upgrade(old)
    report = bring(old, text_of(rows({}, {"invoice_id": "8"})))
    take_back(context_of(old), import_id=report.import_id or 0, actor="staff")
    with old.connect() as connection:
        assert connection.execute(text("SELECT name, import_id FROM customers")).all() == [("Acme", None)]
        assert connection.scalar(text("SELECT count(*) FROM invoices")) == 0


def test_the_tables_can_be_taken_away_and_made_again(old: Engine) -> None:
    schema.upgrade(old)
    command.downgrade(schema.config(old), "0017")
    assert not {"imports", "import_changes", "import_faults"} & set(inspect(old).get_table_names())
    schema.upgrade(old)
    assert bring(old, text_of(rows({}))).import_id == 1
