"""Changes of bank details wait, so that staff can stop one that nobody of them asked for."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from paymail.db import UtcDateTime

revision: str = "0026"
down_revision: str | None = "0025"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WAITING = sa.text("state = 'waiting'")


def upgrade() -> None:
    op.create_table(
        "bank_changes",
        sa.Column("change_id", ID, nullable=False),
        sa.Column("issuer_id", ID, nullable=False),
        sa.Column("details", sa.Text(), nullable=False),
        sa.Column("state", sa.String(24), nullable=False),
        sa.Column("asked_at", UtcDateTime, nullable=False),
        sa.Column("asked_by", sa.String(120), nullable=False),
        sa.Column("due_at", UtcDateTime, nullable=False),
        sa.Column("ended_at", UtcDateTime, nullable=True),
        sa.Column("ended_by", sa.String(120), nullable=False),
        sa.PrimaryKeyConstraint("change_id", name="pk_bank_changes"),
        sa.ForeignKeyConstraint(["issuer_id"], ["issuers.issuer_id"], name="fk_bank_changes_issuer_id"),
    )
    op.create_index(
        "uq_bank_changes_waiting",
        "bank_changes",
        ["issuer_id"],
        unique=True,
        postgresql_where=WAITING,
        sqlite_where=WAITING,
    )


def downgrade() -> None:
    op.drop_table("bank_changes")
