"""Who the host says an invoice and a customer are, and what it keeps with them

Its own ids of both, the purchase order, terms and metadata of an invoice, tax id and country of a customer.
Customers are found by name, whatever its case: the key of each name is filled in batches of their own
transactions, which can be stopped and done again.
"""

import hashlib
import unicodedata
from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa
from alembic import context, op

from paymail.db.columns import add_missing

revision: str = "0013"
down_revision: str | None = "0012"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

DEFAULT_BATCH = 2000
COLUMNS: tuple[tuple[str, Callable[[], sa.Column[Any]]], ...] = (
    ("invoices", lambda: sa.Column("external_ref", sa.String(200), nullable=True)),
    ("invoices", lambda: sa.Column("terms", sa.Text(), nullable=False, server_default="")),
    ("invoices", lambda: sa.Column("purchase_order", sa.String(100), nullable=False, server_default="")),
    ("invoices", lambda: sa.Column("metadata", sa.Text(), nullable=False, server_default="")),
    ("customers", lambda: sa.Column("external_ref", sa.String(200), nullable=True)),
    ("customers", lambda: sa.Column("name_key", sa.String(64), nullable=False, server_default="")),
    ("customers", lambda: sa.Column("tax_id", sa.String(60), nullable=False, server_default="")),
    ("customers", lambda: sa.Column("country", sa.String(2), nullable=False, server_default="")),
)


def upgrade() -> None:
    with op.get_context().autocommit_block():
        add_missing(COLUMNS)
        _fill_keys(op.get_bind(), context.config.attributes.get("backfill_batch", DEFAULT_BATCH))


def _fill_keys(connection: sa.Connection, batch: int) -> None:
    following = sa.text(
        "SELECT customer_id, name FROM customers WHERE customer_id > :last AND name_key = ''"
        " ORDER BY customer_id LIMIT :batch"
    )
    # Not where the name changed meanwhile: who wrote it knows the key, or leaves it empty.
    fill = sa.text("UPDATE customers SET name_key = :key WHERE customer_id = :id AND name = :name")
    last = -(2**62)
    while rows := connection.execute(following, {"last": last, "batch": batch}).all():
        connection.execute(fill, [{"id": found, "name": name, "key": _key(name)} for found, name in rows])
        last = rows[-1][0]


def _key(name: str) -> str:
    """As `name_key` of paymail/models/parties.py was when this was written."""
    plain = unicodedata.normalize("NFC", name.strip()).casefold()
    return hashlib.sha256(plain.encode("utf-8", "surrogatepass")).hexdigest()


def downgrade() -> None:
    for table, build in reversed(COLUMNS):
        op.drop_column(table, str(build().name))
