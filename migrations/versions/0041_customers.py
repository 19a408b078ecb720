"""What staff changed of a customer, holds of all its reminders, and statements by email.

What an interrupted run has done is left out.
"""

from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

from paymail.db import UtcDateTime
from paymail.db.columns import add_missing

revision: str = "0041"
down_revision: str | None = "0040"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
COLUMNS: tuple[tuple[str, Callable[[], sa.Column[Any]]], ...] = (
    ("customers", lambda: sa.Column("held_at", UtcDateTime, nullable=True)),
    ("customers", lambda: sa.Column("held_until", UtcDateTime, nullable=True)),
    ("customers", lambda: sa.Column("held_by", sa.String(120), nullable=False, server_default="")),
    ("customers", lambda: sa.Column("held_reason", sa.Text(), nullable=False, server_default="")),
    ("messages", lambda: sa.Column("statement_since", sa.Date(), nullable=True)),
)


def upgrade() -> None:
    with op.get_context().autocommit_block():
        op.create_table(
            "customer_changes",
            sa.Column("change_id", ID, nullable=False),
            sa.Column("customer_id", ID, nullable=False),
            sa.Column("at", UtcDateTime, nullable=False),
            sa.Column("actor", sa.String(120), nullable=False),
            sa.Column("field", sa.String(40), nullable=False),
            sa.Column("old", sa.Text(), nullable=False),
            sa.Column("new", sa.Text(), nullable=False),
            sa.PrimaryKeyConstraint("change_id", name="pk_customer_changes"),
            sa.ForeignKeyConstraint(
                ["customer_id"], ["customers.customer_id"], name="fk_customer_changes_customer_id"
            ),
            if_not_exists=True,
        )
        op.create_index(
            "ix_customer_changes_customer",
            "customer_changes",
            ["customer_id", "change_id"],
            if_not_exists=True,
        )
        add_missing(COLUMNS)


def downgrade() -> None:
    for table, build in reversed(COLUMNS):
        op.drop_column(table, build().name)
    op.drop_table("customer_changes")
