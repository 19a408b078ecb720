"""0036 reads from the history when an invoice was voided or written off, and can be taken back."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import Connection, Engine, text

from paymail.db import schema
from tests.migrations.databases import BOTH, database_at
from tests.migrations.rows_at_0005 import AT, LATER, insert


def add_invoice(connection: Connection, number: int, status: str, written_off: int) -> None:
    insert(
        connection, "invoices", invoice_id=number, number=str(number), issuer_id=1, customer_id=1,
        currency="AUD", subtotal=100, tax_rate="10.00", tax_amount=10, total=110, amount_paid=0,
        amount_refunded=0, amount_charged_back=0, amount_credited=0, amount_written_off=written_off,
        issued_date="2026-03-01", due_date="2026-03-31", status=status, payment_status="unpaid",
        reminders_off=False, ladder="",
        reminders_from=AT, import_digest="", notes="", created_at=AT, updated_at=AT,
    )  # fmt: skip


@pytest.fixture(params=BOTH)
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """A database at 0034 with an open invoice, a void one and one that was written off in two parts."""
    with database_at("0034", request, tmp_path) as engine:
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
            for number, status, off in ((1, "sent", 0), (2, "void", 0), (3, "sent", 110)):
                add_invoice(connection, number, status, off)
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
