"""The table of restores from a backup: what is on hold."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from paymail.db import UtcDateTime

revision: str = "0007"
down_revision: str | None = "0006"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "restores",
        sa.Column("restore_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("restored_at", UtcDateTime, nullable=False),
        sa.Column("since", UtcDateTime, nullable=False),
        sa.Column("unchecked_from", UtcDateTime, nullable=True),
        sa.Column("reconciled_at", UtcDateTime, nullable=True),
        sa.Column("adopted", sa.Integer(), nullable=False),
        sa.Column("doubtful", sa.Integer(), nullable=False),
        sa.Column("mail_opened_at", UtcDateTime, nullable=True),
        sa.Column("payments_opened_at", UtcDateTime, nullable=True),
        sa.PrimaryKeyConstraint("restore_id", name="pk_restores"),
    )


def downgrade() -> None:
    op.drop_table("restores")
