"""Filters of invoices that staff gave a name."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from paymail.db import UtcDateTime

revision: str = "0033"
down_revision: str | None = "0030"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "saved_views",
        sa.Column("view_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("view_id", name="pk_saved_views"),
        sa.ForeignKeyConstraint(["user_id"], ["staff_users.user_id"], name="fk_saved_views_user_id"),
        sa.UniqueConstraint("user_id", "name", name="uq_saved_views_name"),
        if_not_exists=True,
    )


def downgrade() -> None:
    op.drop_table("saved_views")
