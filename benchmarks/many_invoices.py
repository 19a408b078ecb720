"""A database of many invoices on PostgreSQL, written by sets: three companies, three years.

One invoice in 29 is owed, all but the newest hundredth were emailed, and what is paid has its receipt.
"""

from sqlalchemy import Engine, text

_ISSUERS = """
INSERT INTO issuers (issuer_id, name, email, tax_id, tax_name, address, reply_to, currency, locale, timezone,
    stripe_account, last_receipt, created_at)
SELECT n, 'Company ' || n, 'a@b.example', '51 824 753 556', 'GST', '1 Street', '',
    CASE n WHEN 3 THEN 'NZD' ELSE 'AUD' END, 'en-AU',
    CASE n WHEN 3 THEN 'Pacific/Auckland' ELSE 'Australia/Sydney' END, 'acct_' || n, 0, now()
FROM generate_series(1, 3) n
"""
_CUSTOMERS = """
INSERT INTO customers (customer_id, issuer_id, name, name_key, email, address, locale, reminders_off,
    created_at)
SELECT n, CASE WHEN n % 100 < 90 THEN 1 WHEN n % 100 < 99 THEN 2 ELSE 3 END, 'Customer ' || n,
    'customer ' || n, 'c' || n || '@x' || n % 1000 || '.example', n || ' Long Street, Town', '', false, now()
FROM generate_series(1, :invoices / 20) n
"""
_CONTACTS = """
INSERT INTO contacts (customer_id, email, role, origin, created_at)
SELECT n, 'copy' || n || '@x.example', 'cc', 'staff', now() FROM generate_series(1, :invoices / 20, 10) n
"""
_IMPORTS = """
INSERT INTO imports (import_id, issuer_id, source, actor, started_at, created, updated, unchanged,
    refused, taken_back_by)
SELECT n, 1, 'file ' || n || '.csv', 'nightly', now() - n * interval '1 hour', 1000, 0, 0, 0, ''
FROM generate_series(1, :invoices / 1000) n
"""
_INVOICES = """
INSERT INTO invoices (invoice_id, number, issuer_id, customer_id, currency, subtotal, tax_rate,
    tax_amount, total, amount_paid, issued_date, due_date, status, payment_status, reminders_from,
    next_reminder_at, import_id, import_digest, notes, purchase_order, created_at, updated_at,
    payment_token, payment_token_expires_at)
SELECT n, 'INV-' || n, c.issuer_id, c.customer_id, CASE c.issuer_id WHEN 3 THEN 'NZD' ELSE 'AUD' END,
    7000 + n % 9000, 10, (7000 + n % 9000) / 10, 7000 + n % 9000 + (7000 + n % 9000) / 10,
    CASE WHEN n % 29 = 0 THEN 0 ELSE 7000 + n % 9000 + (7000 + n % 9000) / 10 END, day, day + 14, 'sent',
    CASE WHEN n % 29 = 0 THEN 'unpaid' ELSE 'paid' END, day,
    CASE WHEN n % 29 = 0 THEN now() + (n % 500) * interval '1 hour' END, 1 + n / 1001, '', '',
    CASE WHEN n % 3 = 0 THEN 'PO-' || n ELSE '' END, day, day,
    CASE WHEN n % 29 = 0 THEN md5(n::text) END, now() + interval '30 days'
FROM (SELECT n, CURRENT_DATE - ((:invoices - n) * 1000 / :invoices)::int AS day
      FROM generate_series(1, :invoices) n) n
JOIN customers c ON c.customer_id = 1 + n % (:invoices / 20)
"""
_LINES = """
INSERT INTO invoice_lines (invoice_id, position, description, quantity, unit_price, amount)
SELECT invoice_id, 1, 'Work', '1', '70', subtotal FROM invoices
"""
_MESSAGES = """
INSERT INTO messages (dedupe_key, kind, invoice_id, state, next_at, attempts, fence, reason, actor, header_id,
    recipient, subject, sender, created_at, handed_over_at, settled_at)
SELECT kind || n, kind, n, state, CASE state WHEN 'scheduled' THEN now() + (n % 240) * interval '1 hour'
    ELSE at END, 1, 1, '', 'a', kind || n, 'c' || 1 + n % (:invoices / 20) || '@x.example', '', '', at,
    CASE state WHEN 'scheduled' THEN NULL ELSE at END, CASE state WHEN 'scheduled' THEN NULL ELSE at END
FROM (
    SELECT n, 'invoice' AS kind, CASE WHEN n > :invoices - :invoices / 200 THEN 'scheduled'
        WHEN n % 5000 = 0 THEN 'bounced' WHEN n % 10001 = 0 THEN 'failed' WHEN n % 20011 = 0 THEN 'unknown'
        ELSE 'sent' END AS state, now() - ((:invoices - n) * 1000 / :invoices) * interval '1 day' AS at
    FROM generate_series(1, :invoices) n
    WHERE n <= :invoices - :invoices / 100 OR n > :invoices - :invoices / 200
    UNION ALL
    SELECT n, 'receipt', 'sent', now() - ((:invoices - n) * 990 / :invoices) * interval '1 day'
    FROM generate_series(1, :invoices) n WHERE n % 29 <> 0
    UNION ALL
    SELECT n, 'reminder', 'sent', now() - ((:invoices - n) * 985 / :invoices) * interval '1 day'
    FROM generate_series(1, :invoices, 5) n
) m
"""
_ATTEMPTS = """
INSERT INTO payment_attempts (invoice_id, generation, account, amount, currency, intent_id, idempotency_key,
    status, created_at, updated_at)
SELECT invoice_id, 1, 'acct_' || issuer_id, total, currency, 'pi_' || invoice_id, 'key' || invoice_id,
    'succeeded', issued_date + 10, issued_date + 10
FROM invoices WHERE amount_paid > 0 AND invoice_id % 2 = 0
"""
_PAYMENTS = """
INSERT INTO payments (invoice_id, issuer_id, intent_id, account, amount, currency, method, source,
    balance_after, receipt_number, received_at, channel, paid_on)
SELECT invoice_id, issuer_id, CASE WHEN invoice_id % 2 = 0 THEN 'pi_' || invoice_id END, '', total, currency,
    '', 'webhook', 0, invoice_id, LEAST(issued_date + 10, now()),
    CASE WHEN invoice_id % 2 = 0 THEN 'stripe' ELSE 'bank_transfer' END,
    CASE WHEN invoice_id % 2 = 1 THEN LEAST(issued_date + 10, CURRENT_DATE) END
FROM invoices WHERE amount_paid > 0
"""
_TIMELINE = """
INSERT INTO timeline_events (invoice_id, at, actor, kind, detail)
SELECT invoice_id, issued_date, 'nightly', kind, '' FROM invoices, (VALUES ('imported'), ('email_sent'),
    ('payment_received')) k (kind)
"""
_EVENTS = """
INSERT INTO gateway_events (event_id, type, account, livemode, intent_id, created, state, reason, attempts,
    next_at, received_at)
SELECT 'evt_' || n, 'payment_intent.succeeded', 'acct_1', false, 'pi_' || n, 0, 'done', '', 1, now(),
    now() - n * interval '1 minute'
FROM generate_series(2, :invoices, 2) n
"""
_HOLDS = """
INSERT INTO reminder_holds (invoice_id, reason, detail, until, placed_at, placed_by, lifted_by, origin)
SELECT n, CASE WHEN n % 2 = 0 THEN 'claimed' ELSE 'promised' END, '', now() + (n % 20 - 5) * interval '1 day',
    now() - interval '9 days', 'customer', '', 'customer'
FROM generate_series(29, :invoices, 29 * 17) n
"""
_OBJECTIONS = """
INSERT INTO objections (invoice_id, reason, positions, words, answer_to, opened_at, closed_by, answer)
SELECT n, 'other', '', 'Wrong', '', now(), '', '' FROM generate_series(29, :invoices, 29 * 200) n
"""
_SUPPRESSIONS = """
INSERT INTO suppressions (address, reason, detail, created_at, created_by, lifted_by, lift_reason)
SELECT 'c' || n || '@x' || n % 1000 || '.example', 'bounce', '', now(), 'system', '', ''
FROM generate_series(1, :invoices / 20, 25) n
"""
_BULKS = """
INSERT INTO bulk_sends (state, request_key, selection, again, starts_at, rate, cursor, expanded, queued,
    skipped, actor, created_at)
SELECT 'cancelled', 'b' || n, '{}', false, now(), 0, 0, true, 1000, 0, 'a', now()
FROM generate_series(1, 200) n
"""
_OF_BULKS = """
UPDATE messages SET bulk_id = 1 + invoice_id % 200 WHERE kind = 'invoice' AND invoice_id % 5 = 0
"""
_AUDIT = """
INSERT INTO audit_entries (at, who, door, act, object, name, old, new)
SELECT now() - n * interval '1 minute', 'p' || n % 20 || '@x.example', 'page', 'send invoice',
    'invoice ' || n, '', '', '' FROM generate_series(1, :invoices / 2) n
"""
STATEMENTS = (
    _ISSUERS, _CUSTOMERS, _CONTACTS, _IMPORTS, _INVOICES, _LINES, _MESSAGES, _ATTEMPTS, _PAYMENTS, _TIMELINE,
    _EVENTS, _HOLDS, _OBJECTIONS, _SUPPRESSIONS, _BULKS, _OF_BULKS, _AUDIT,
)  # fmt: skip


def fill(engine: Engine, invoices: int) -> None:
    """Write the rows, without looking at foreign keys, and leave the planner its statistics."""
    with engine.begin() as connection:
        connection.execute(text("SET session_replication_role = replica"))
        connection.execute(text("SET statement_timeout = 0"))
        for statement in STATEMENTS:
            given = {"invoices": invoices} if ":invoices" in statement else {}
            connection.execute(text(statement), given)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("SET statement_timeout = 0"))
        connection.execute(text("VACUUM ANALYZE"))
