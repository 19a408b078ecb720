"""Server time of staff pages over many invoices on PostgreSQL: `python -m benchmarks.pages [INVOICES]`.

One invoice in thirty is owed, all are of the last three years, all but the newest were emailed. Prints the
median of five requests a page, in milliseconds, without a network.
"""

import sys
import time
from statistics import median

from sqlalchemy import text
from starlette.testclient import TestClient

from paymail.db import make_engine, schema
from paymail.services.access.staff_passwords import set_password
from paymail.settings import Settings
from paymail.web.app import create_app
from paymail.wiring import build
from tests.conftest import free_port
from tests.postgres import Cluster

PAGES = (
    "/",
    "/invoices?payment=owed",
    "/invoices?payment=owed&delivery=not-emailed",
    "/invoices?overdue=any&sort=due",
    "/invoices?delivery=bounced",
    "/invoices?q=Customer+77",
    "/invoices?issued_from=2026-11-01",
    "/invoices",
    "/invoices?after=5000",
    "/customers",
    "/customers?sort=-balance",
    "/customers?q=Customer+77",
    "/customers?after=5000",
    "/customers/77",
)
_ISSUER = """
INSERT INTO issuers (issuer_id, name, email, tax_id, tax_name, address, reply_to, currency, locale, timezone,
    stripe_account, last_receipt, last_credit_note, link_days, application_fee, save_methods,
    country, subdivision,
    reminders_off, ladder, send_at, quiet_from, quiet_until, reminder_minimum, reminder_cap,
    sender_rate, created_at)
VALUES (1, 'One', 'a@b.example', '', 'GST', '', '', 'AUD', 'en-AU', 'Australia/Sydney', '', 0, 0,
    30, 0, false,
    'AU', '', false, '', '09:00', '20:00', '08:00', 0, 10, '', now())
"""
_CUSTOMERS = """
INSERT INTO customers (customer_id, issuer_id, name, email, address, locale, reminders_off, ladder,
    created_at)
SELECT n, 1, 'Customer ' || n, 'c' || n || '@x.example', '', '', false, '', now()
FROM generate_series(1, :invoices / 50) n
"""
_INVOICES = """
INSERT INTO invoices (invoice_id, number, issuer_id, customer_id, currency, subtotal, tax_rate,
    tax_amount, total,
    amount_paid, amount_refunded, amount_charged_back, amount_credited, amount_written_off,
    issued_date, due_date,
    status, payment_status, reminders_off, ladder, reminders_from, import_digest, notes, created_at,
    updated_at)
SELECT n, n::text, 1, 1 + n % (:invoices / 50), 'AUD', 7500, 10, 750, 8250,
    CASE WHEN n % 30 = 0 THEN 0 ELSE 8250 END, 0, 0, 0, 0,
    CURRENT_DATE - ((:invoices - n) * 1000 / :invoices)::int,
    CURRENT_DATE - ((:invoices - n) * 1000 / :invoices)::int + 14, 'sent',
    CASE WHEN n % 30 = 0 THEN 'unpaid' ELSE 'paid' END, false, '', now(), '', '', now(), now()
FROM generate_series(1, :invoices) n
"""
_MESSAGES = """
INSERT INTO messages (dedupe_key, kind, invoice_id, state, next_at, attempts, fence, crashes,
    urgent, held, by_hand,
    step, tone, detail, reason, sender_gate, destination, actor, header_id, recipient, subject,
    sender, created_at)
SELECT 'invoice:' || n, 'invoice', n, CASE WHEN n % 5000 = 0 THEN 'bounced' ELSE 'sent' END, now(),
    1, 1, 0, false,
    false, false, '', '', '', '', '', '', 'a', 'h' || n, 'x', '', '', now()
FROM generate_series(1, :invoices - :invoices / 100) n
"""


def main(invoices: int = 1_000_000) -> None:
    """Fill a database and time each page."""
    with Cluster(free_port()) as cluster:
        _time_all(cluster.create("pages"), invoices)


def _time_all(url: str, invoices: int) -> None:
    engine = make_engine(url)
    schema.upgrade(engine)
    for statement in (_ISSUER, _CUSTOMERS, _INVOICES, _MESSAGES, "ANALYZE"):
        with engine.begin() as connection:
            connection.execute(text(statement), {"invoices": invoices} if ":invoices" in statement else {})
    app = build(Settings(database_url=url, public_url="https://pay.example"))
    set_password(app.login_context(), email="s@x.example", password="correct horse battery")
    with TestClient(create_app(app), base_url="https://pay.example") as client:
        client.post("/staff/login", data={"email": "s@x.example", "password": "correct horse battery"})
        for page in PAGES:
            print(f"{median(_timed(client, page) for _ in range(5)):8.0f} ms  {page}")
    app.close()


def _timed(client: TestClient, page: str) -> float:
    began = time.perf_counter()
    answer = client.get(f"/staff{page}")
    assert answer.status_code == 200, answer.text
    return (time.perf_counter() - began) * 1000


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
