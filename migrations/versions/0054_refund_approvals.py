"""Refunds that need the approval of a second person, and credit notes without a payment.

The way back leaves `refunds.payment_id` as it is: a credit note that was issued has none.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from paymail.db.columns import add_missing

revision: str = "0054"
down_revision: str | None = "0053"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

COLUMNS = (
    ("issuers", lambda: sa.Column("refund_approval_from", sa.BigInteger(), nullable=True)),
    ("refunds", lambda: sa.Column("owed_again", sa.Boolean(), nullable=True)),
    ("refunds", lambda: sa.Column("decided_by", sa.String(320), nullable=False, server_default="")),
    ("refunds", lambda: sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True)),
)


def upgrade() -> None:
    with op.get_context().autocommit_block():
        add_missing(COLUMNS)
    _check_references("OFF")
    with op.batch_alter_table("refunds") as table:
        table.alter_column("payment_id", existing_type=sa.BigInteger(), nullable=True)
    _check_references("ON")


def downgrade() -> None:
    for table, column in reversed(COLUMNS):
        op.drop_column(table, column().name)


def _check_references(wanted: str) -> None:
    """SQLite copies the table and drops the old one, which rows of others refer to; in a transaction the
    setting is ignored. After a failure `migrations/env.py` turns it on again."""
    if op.get_bind().dialect.name == "sqlite":
        with op.get_context().autocommit_block():
            op.execute(f"PRAGMA foreign_keys = {wanted}")
