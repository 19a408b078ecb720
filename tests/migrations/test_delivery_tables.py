"""0003 keeps what is there, sends no volley of old reminders, and can be taken back."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import Engine, text

from paymail import db
from paymail.db import schema
from paymail.models import Invoice, Message
from paymail.services.core.contexts import Context
from paymail.services.reminders import planner
from tests.factories import NOW
from tests.migrations.databases import BOTH, database_at

ROWS = """
INSERT INTO issuers (issuer_id, name, tax_id, tax_name, address, email, reply_to, currency, locale, timezone,
  stripe_account, last_receipt, created_at)
  VALUES (7, 'I', '', 'GST', '', 'b@i.example', '', 'AUD', 'en-AU', 'Australia/Sydney', '', 0, :now);
INSERT INTO customers (customer_id, issuer_id, name, email, address, locale, reminders_off, created_at)
  VALUES (1, 7, 'C', 'c@d.example', '', '', FALSE, :now);
INSERT INTO invoices (invoice_id, number, issuer_id, customer_id, currency, subtotal, tax_rate, tax_amount,
  total, amount_paid, issued_date, due_date, status, payment_status, import_digest, notes, created_at,
  updated_at)
  VALUES (1, '1', 7, 1, 'AUD', 100, '10', 10, 110, 0, '2026-01-01', '2026-01-31', 'sent', 'unpaid', '', '',
  :now, :now);
INSERT INTO messages (message_id, dedupe_key, kind, invoice_id, state, reason, next_at, attempts, fence,
  actor, header_id, recipient, subject, sender, created_at)
  VALUES (1, 'k', 'receipt', 1, 'scheduled', '', :now, 0, 0, 'a', '<h@i>', 'c@D.example', '', '', :now);
INSERT INTO timeline_events (event_id, invoice_id, message_id, at, actor, kind, detail)
  VALUES (1, 1, 1, :now, 'a', 'k', '');
"""


@pytest.fixture(params=BOTH)
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """A database at 0002 with an overdue invoice and an open message."""
    with database_at("0002", request, tmp_path) as engine:
        with engine.begin() as connection:
            for statement in filter(str.strip, ROWS.split(";")):
                connection.execute(text(statement), {"now": NOW.strftime("%Y-%m-%d %H:%M:%S.%f")})
        yield engine


def test_an_open_message_keeps_its_place_and_learns_its_gates(old: Engine) -> None:
    schema.upgrade(old)
    with db.reading(old) as session:
        message = session.get_one(Message, 1)
    assert (message.sender_gate, message.destination, message.urgent) == ("sender:7", "d.example", True)


def test_an_upgrade_sends_no_reminder_of_old_invoices(old: Engine) -> None:
    schema.upgrade(old)
    with db.reading(old) as session:
        now = session.get_one(Invoice, 1).reminders_from
    assert planner.plan_due(Context(lambda: db.transaction(old), lambda: now)) == 1
    with db.reading(old) as session:
        assert session.get(Message, 2) is None
        assert session.get_one(Invoice, 1).next_reminder_at is None


def test_it_can_be_taken_back_and_done_again(old: Engine) -> None:
    schema.upgrade(old)
    command.downgrade(schema.config(old), "0002")
    schema.upgrade(old)
    assert schema.is_current(old)
