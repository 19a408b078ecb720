"""A host on PostgreSQL with the seed's own schema: 502 invoices with pay tokens, and the SQL of our docs."""

import csv
import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from itertools import groupby
from pathlib import Path
from typing import Any

import psycopg

from tests.postgres import Cluster

ROOT = Path(__file__).resolve().parent.parent
SAMPLE = ROOT / "paymail" / "sample" / "host_invoices.csv"
PAGE = ROOT / "docs" / "how-to" / "connect-your-database.md"
SCHEMA = """
CREATE TABLE customers (
    customer_id serial PRIMARY KEY,
    name varchar(255) NOT NULL,
    email varchar(255) NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (name, email)
);
CREATE TABLE invoices (
    invoice_id serial PRIMARY KEY,
    customer_id integer NOT NULL REFERENCES customers,
    currency char(3) NOT NULL,
    issued_date date NOT NULL,
    due_date date NOT NULL,
    status varchar(20) NOT NULL DEFAULT 'draft',
    payment_status varchar(20) NOT NULL DEFAULT 'unpaid',
    subtotal numeric(14, 3) NOT NULL,
    tax_rate numeric(5, 2) NOT NULL,
    tax_amount numeric(14, 3) NOT NULL,
    total numeric(14, 3) NOT NULL,
    amount_paid numeric(14, 3) NOT NULL DEFAULT 0,
    updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE invoice_items (
    invoice_id integer NOT NULL REFERENCES invoices,
    line integer NOT NULL,
    description text NOT NULL,
    quantity numeric NOT NULL,
    unit_price numeric NOT NULL,
    amount numeric(14, 3) NOT NULL,
    PRIMARY KEY (invoice_id, line)
);
ALTER TABLE invoices ADD COLUMN payment_token VARCHAR(64) UNIQUE;
CREATE INDEX idx_invoices_payment_token ON invoices(payment_token) WHERE payment_token IS NOT NULL;
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.updated_at := now();
    RETURN NEW;
END $$;
CREATE TRIGGER touch BEFORE UPDATE ON invoices FOR EACH ROW EXECUTE FUNCTION touch();
CREATE TRIGGER touch BEFORE UPDATE ON customers FOR EACH ROW EXECUTE FUNCTION touch();
"""
Connection = psycopg.Connection[tuple[Any, ...]]


def documented() -> list[str]:
    """Return the SQL of the page, block by block: table, view, lines, user, notification, function."""
    return re.findall(r"```sql\n(.*?)```", PAGE.read_text(), re.DOTALL)


def token_of(invoice_id: int) -> str:
    """Return the pay token that the host has mailed."""
    return hashlib.sha256(f"seed {invoice_id}".encode()).hexdigest()


def make_template(cluster: Cluster) -> str:
    """Make the host's database and return its name."""
    with psycopg.connect(plain(cluster.create("host_template")), autocommit=True) as connection:
        connection.execute(SCHEMA)
        *blocks, _function = documented()
        for block in blocks:
            connection.execute(block.encode())
        _fill(connection)
    return "host_template"


def plain(url: str) -> str:
    """Return an address as libpq reads it."""
    return url.replace("+psycopg", "")


@contextmanager
def host(cluster: Cluster, template: str, name: str) -> Iterator[str]:
    """Lend the address of a fresh host database."""
    url = plain(cluster.create(name, template=template))
    yield url
    cluster.drop(name)


def keep_last(url: str, count: int) -> None:
    """Leave only so many of the 502 invoices."""
    with psycopg.connect(url, autocommit=True) as connection:
        for table in ("invoice_items", "invoices"):
            connection.execute(f"DELETE FROM {table} WHERE invoice_id <= %s".encode(), (502 - count,))


def _fill(connection: Connection) -> None:
    """Load the 502 invoices, as a Node program gives its values: as text."""
    with SAMPLE.open(newline="") as file, connection.transaction():
        for number, rows in groupby(csv.DictReader(file), key=lambda row: row["invoice_id"]):
            found = list(rows)
            add_invoice(connection, found, invoice_id=int(number))
        connection.execute("SELECT setval('invoices_invoice_id_seq', 502)")


def add_invoice(connection: Connection, rows: list[dict[str, str]], *, invoice_id: int | None = None) -> int:
    """Insert an invoice with its lines and, if it is new, its customer."""
    head = rows[0]
    (customer_id,) = connection.execute(
        "INSERT INTO customers (name, email) VALUES (%s, %s)"
        " ON CONFLICT (name, email) DO UPDATE SET name = excluded.name RETURNING customer_id",
        (head["customer_name"], head["customer_email"]),
    ).fetchone() or (0,)
    if invoice_id is None:
        (invoice_id,) = connection.execute("SELECT nextval('invoices_invoice_id_seq')::int").fetchone() or (
            0,
        )
    names = (
        "currency issued_date due_date status payment_status subtotal tax_rate tax_amount total amount_paid"
    )
    values = [head[name] for name in names.split()]
    connection.execute(
        f"INSERT INTO invoices (invoice_id, customer_id, payment_token, {', '.join(names.split())})"
        f" VALUES (%s, %s, %s, {', '.join(['%s'] * len(values))})",
        (invoice_id, customer_id, token_of(invoice_id), *values),
    )
    for row in rows:
        items = [row[name] for name in "line description quantity unit_price line_amount".split()]
        connection.execute("INSERT INTO invoice_items VALUES (%s, %s, %s, %s, %s, %s)", (invoice_id, *items))
    return invoice_id


def new_rows(number: int, *, total: Decimal = Decimal("110.00")) -> list[dict[str, str]]:
    """Return an invoice of one line as `add_invoice` wants it."""
    subtotal = total * 10 / 11
    return [
        {
            "customer_name": f"Customer {number % 7}",
            "customer_email": f"c{number % 7}@new.example",
            "currency": "AUD",
            "issued_date": "2026-03-01",
            "due_date": "2026-04-01",
            "status": "sent",
            "payment_status": "unpaid",
            "subtotal": f"{subtotal:.2f}",
            "tax_rate": "10.00",
            "tax_amount": f"{total - subtotal:.2f}",
            "total": f"{total:.2f}",
            "amount_paid": "0",
            "line": "1",
            "description": f"Work {number}",
            "quantity": "1",
            "unit_price": f"{subtotal:.2f}",
            "line_amount": f"{subtotal:.2f}",
        }
    ]
