"""Customers that staff merged into others. What an interrupted run has done is left out."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from paymail.db.columns import add_missing

revision: str = "0022"
down_revision: str | None = "0021"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    with op.get_context().autocommit_block():
        add_missing([("customers", _merged_into)])


def _merged_into() -> sa.Column[int]:
    # Without a foreign key, which SQLite cannot add to a table that is there.
    return sa.Column("merged_into", ID, nullable=True)


def downgrade() -> None:
    op.drop_column("customers", "merged_into")
