"""0028 and 0029 give invoices of before a code each, and can be stopped, done again and taken back."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import Engine, inspect, text

from paymail.db import schema
from tests.migrations.databases import BOTH, database_at
from tests.migrations.rows_at_0005 import insert

AT = "2026-03-17 01:00:00.000000"


@pytest.fixture(params=BOTH)
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """A database at 0026 with twenty invoices, the last of which has no link."""
    with database_at("0026", request, tmp_path) as engine:
        with engine.begin() as connection:
            insert(
                connection, "issuers", issuer_id=1, name="Host Pty Ltd", tax_id="", tax_name="GST",
                address="", save_methods=False,
                email="b@h.example", reply_to="", currency="AUD", locale="en-AU",
                timezone="Australia/Sydney", stripe_account="", last_receipt=0, last_credit_note=0,
                link_days=30, application_fee=0, country="AU", subdivision="", reminders_off=False, ladder="",
                send_at="09:00", quiet_from="20:00", quiet_until="08:00", reminder_minimum=0, reminder_cap=10,
                sender_rate="", created_at=AT,
            )  # fmt: skip
            insert(
                connection, "customers", customer_id=1, issuer_id=1, name="Acme", email="a@c.example",
                address="", locale="", reminders_off=False, ladder="", created_at=AT,
            )  # fmt: skip
            for number in range(1, 21):
                insert(
                    connection, "invoices", invoice_id=number, number=str(number), issuer_id=1, customer_id=1,
                    currency="AUD", subtotal=100, tax_rate="10.00", tax_amount=10, total=110, amount_paid=0,
                    amount_refunded=0, amount_charged_back=0, amount_credited=0, amount_written_off=0,
                    issued_date="2026-03-01", due_date="2026-03-31", status="sent", payment_status="unpaid",
                    payment_token=f"{number:064x}" if number < 20 else None, reminders_off=False, ladder="",
                    reminders_from=AT, import_digest="", notes="", created_at=AT, updated_at=AT,
                )  # fmt: skip
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
