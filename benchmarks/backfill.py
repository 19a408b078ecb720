"""Migration 0002 on a million invoices on PostgreSQL with fsync on, against one plain UPDATE of them all."""

import sys
import time
from collections.abc import Callable

from sqlalchemy import Engine, text

from paymail.db import make_engine
from paymail.db.schema import upgrade
from tests.conftest import free_port
from tests.postgres import Cluster

ROWS = 1_000_000

_ISSUER = text(
    "INSERT INTO issuers (name, tax_id, tax_name, address, email, reply_to, currency, locale, timezone,"
    " stripe_account, last_receipt, created_at) VALUES"
    " ('H', '', 'GST', '', 'a@b.example', '', 'AUD', 'en-AU', 'Australia/Sydney', '', 0, now())"
)
_CUSTOMER = text(
    "INSERT INTO customers (customer_id, issuer_id, name, email, address, locale, reminders_off, created_at)"
    " VALUES (1, 1, 'C', 'c@customer.example', '', '', FALSE, now())"
)
_INVOICES = text(
    "INSERT INTO invoices (invoice_id, number, issuer_id, customer_id, currency, subtotal, tax_rate,"
    " tax_amount, total, amount_paid, issued_date, due_date, status, payment_status, import_digest, notes,"
    " created_at, updated_at) SELECT n, n::text, 1, 1, 'AUD', 7500, 10, 750, 8250, 0, '2026-03-12',"
    " '2026-04-11', 'sent', 'unpaid', '', '', now(), now() FROM generate_series(1, :rows) AS n"
)
_ONE_UPDATE = text(
    "UPDATE invoices SET payment_token = replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', '')"
)


def main(rows: int = ROWS) -> None:
    """Print both times and their ratio."""
    with Cluster(free_port(), fsync=True) as cluster:
        engine = make_engine(cluster.create("million"))
        upgrade(engine, "0001")
        with engine.begin() as connection:
            connection.execute(_ISSUER)
            connection.execute(_CUSTOMER)
            connection.execute(_INVOICES, {"rows": rows})
        batched = _timed(lambda: upgrade(engine, "0002"))
        _check(engine, rows)
        one = _timed(lambda: _update_all(engine))
        engine.dispose()
    print(f"backfill of {rows:,} invoices, PostgreSQL, fsync on: {batched:.1f} s with constraint and index")
    print(f"one UPDATE of the same rows, locking them all and maintaining both indexes: {one:.1f} s")
    print(f"ratio (batched : one statement): {batched / one:.2f}")


def _timed(work: Callable[[], None]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _update_all(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("SET LOCAL statement_timeout = 0"))  # it takes longer than any query may
        connection.execute(_ONE_UPDATE)


def _check(engine: Engine, rows: int) -> None:
    with engine.connect() as connection:
        distinct = connection.scalar(
            text("SELECT count(DISTINCT payment_token) FROM invoices WHERE payment_token ~ '^[0-9a-f]{64}$'")
        )
    assert distinct == rows, f"{distinct} tokens for {rows} invoices"


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else ROWS)
