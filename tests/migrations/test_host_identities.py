"""0013 and 0014 give customers of before the key of their name, and can be stopped and taken back."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import Engine, text

from paymail.db import schema
from paymail.models import name_key
from tests.migrations.databases import BOTH, database_at
from tests.migrations.rows_at_0005 import insert
from tests.services.imports.host_files import BASE, bring, rows, text_of

AT = "2026-03-17 01:00:00.000000"
NAMES = ["Acme", "CAFE\u0301 Pty Ltd", "Stra\u00dfe", "", *(f"Customer {n}" for n in range(20))]


@pytest.fixture(params=BOTH)
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """A database at 0012 with an issuer and its customers."""
    with database_at("0012", request, tmp_path) as engine:
        with engine.begin() as connection:
            insert(
                connection, "issuers", issuer_id=1, name="Host Pty Ltd", tax_id="",
                tax_name="GST", address="",
                email="b@h.example", reply_to="", currency="AUD", locale="en-AU", timezone="Australia/Sydney",
                stripe_account="", last_receipt=0, last_credit_note=0, link_days=30, application_fee=0,
                country="AU", subdivision="", reminders_off=False, ladder="", send_at="09:00",
                quiet_from="20:00", quiet_until="08:00", reminder_minimum=0, reminder_cap=10, sender_rate="",
                created_at=AT,
            )  # fmt: skip
            for number, name in enumerate(NAMES, start=1):
                insert(
                    connection, "customers", customer_id=number, issuer_id=1, name=name,
                    email=BASE["customer_email"], address="", locale="", reminders_off=False, ladder="",
                    created_at=AT,
                )  # fmt: skip
        yield engine


def keys(engine: Engine) -> list[tuple[str, str]]:
    with engine.connect() as connection:
        found = connection.execute(text("SELECT name, name_key FROM customers ORDER BY customer_id"))
        return [(name, key) for name, key in found]


def upgrade_in_small_batches(engine: Engine) -> None:
    config = schema.config(engine)
    config.attributes["backfill_batch"] = 7
    command.upgrade(config, "head")


def test_customers_of_before_are_found_by_name_in_any_case(old: Engine) -> None:
    upgrade_in_small_batches(old)
    assert keys(old) == [(name, name_key(name)) for name in NAMES]
    other = {"customer_name": "caf\u00e9 pty ltd"}
    bring(old, text_of(rows({"customer_name": "ACME"}, {"invoice_id": "8"} | other)))
    with old.connect() as connection:
        found = connection.execute(text("SELECT customer_id FROM invoices ORDER BY invoice_id"))
        assert list(found.scalars()) == [1, 2]
    assert len(keys(old)) == len(NAMES)


def test_what_the_code_before_writes_beside_it_is_found_too(old: Engine) -> None:
    upgrade_in_small_batches(old)
    with old.begin() as connection:
        connection.execute(text("UPDATE customers SET name_key = '' WHERE name = 'Acme'"))
    bring(old, text_of(rows({})))
    assert len(keys(old)) == len(NAMES)


def test_it_can_be_stopped_done_again_and_taken_back(old: Engine) -> None:
    schema.upgrade(old, "0013")
    with old.begin() as connection:
        connection.execute(text("UPDATE customers SET name_key = '' WHERE customer_id > 5"))
        connection.execute(text("UPDATE alembic_version SET version_num = '0012'"))
    upgrade_in_small_batches(old)
    assert keys(old) == [(name, name_key(name)) for name in NAMES]
    command.downgrade(schema.config(old), "0012")
    with old.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM customers")) == len(NAMES)
