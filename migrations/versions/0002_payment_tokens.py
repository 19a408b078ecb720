"""Give every invoice its payment token

Adds `invoices.payment_token`, fills it for every existing invoice, then makes it unique.

The backfill commits in batches, so it holds no long lock and can be stopped at any moment: a second run
finds the column there and goes on with the invoices that still have none. The constraint and the index
come last, since building them once is far cheaper than maintaining them through a million updates.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import context, op

from paymail.clock import new_payment_token
from paymail.db import UtcDateTime

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

DEFAULT_BATCH = 5000

_FILL_POSTGRESQL = sa.text(
    "UPDATE invoices SET payment_token = fresh.token"
    " FROM unnest(CAST(:ids AS bigint[]), CAST(:tokens AS varchar[])) AS fresh(id, token)"
    " WHERE invoices.invoice_id = fresh.id AND invoices.payment_token IS NULL"
)
_FILL_SQLITE = sa.text(
    "UPDATE invoices SET payment_token = :token WHERE invoice_id = :id AND payment_token IS NULL"
)


def upgrade() -> None:
    with op.get_context().autocommit_block():
        connection = op.get_bind()
        _add_columns(connection)
        _backfill(connection, context.config.attributes.get("backfill_batch", DEFAULT_BATCH))
    with op.batch_alter_table("invoices") as table:
        table.create_unique_constraint("uq_invoices_payment_token", ["payment_token"])
    present = sa.text("payment_token IS NOT NULL")
    op.create_index(
        "idx_invoices_payment_token",
        "invoices",
        ["payment_token"],
        postgresql_where=present,
        sqlite_where=present,
    )


def _add_columns(connection: sa.Connection) -> None:
    present = {column["name"] for column in sa.inspect(connection).get_columns("invoices")}
    for column in (
        sa.Column("payment_token", sa.String(64)),
        sa.Column("payment_token_expires_at", UtcDateTime),
    ):
        if column.name not in present:
            op.add_column("invoices", column)


def _backfill(connection: sa.Connection, batch: int) -> None:
    # Walks the key: looking for NULLs from the start each time would read the filled rows again.
    following = sa.text(
        "SELECT invoice_id FROM invoices WHERE payment_token IS NULL AND invoice_id > :last"
        " ORDER BY invoice_id LIMIT :batch"
    )
    last = -(2**62)
    while ids := list(connection.scalars(following, {"last": last, "batch": batch})):
        tokens = [new_payment_token() for _ in ids]
        if connection.dialect.name == "postgresql":
            connection.execute(_FILL_POSTGRESQL, {"ids": ids, "tokens": tokens})
        else:
            _fill_sqlite(connection, ids, tokens)
        last = ids[-1]


def _fill_sqlite(connection: sa.Connection, ids: list[int], tokens: list[str]) -> None:
    # One transaction per batch; in autocommit each row would be a disk sync of its own.
    connection.exec_driver_sql("BEGIN IMMEDIATE")
    connection.execute(
        _FILL_SQLITE, [{"id": i, "token": token} for i, token in zip(ids, tokens, strict=True)]
    )
    connection.exec_driver_sql("COMMIT")


def downgrade() -> None:
    op.drop_index("idx_invoices_payment_token", "invoices")
    with op.batch_alter_table("invoices") as table:
        table.drop_constraint("uq_invoices_payment_token", type_="unique")
        table.drop_column("payment_token_expires_at")
        table.drop_column("payment_token")
