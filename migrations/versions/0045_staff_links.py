"""Links by which a person of the staff sets their password, and the second factor."""

from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

from paymail.db.columns import add_missing

revision: str = "0045"
down_revision: str | None = "0044"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

COLUMNS: list[tuple[str, Callable[[], sa.Column[Any]]]] = [
    ("staff_users", lambda: sa.Column("totp_secret", sa.String(64), nullable=True)),
    ("staff_users", lambda: sa.Column("totp_pending", sa.String(64), nullable=True)),
    ("staff_users", lambda: sa.Column("totp_step", sa.BigInteger(), nullable=True)),
    ("staff_users", lambda: sa.Column("totp_since", sa.DateTime(timezone=True), nullable=True)),
    (
        "staff_users",
        lambda: sa.Column("totp_required", sa.Boolean(), nullable=False, server_default=sa.false()),
    ),
    (
        "staff_sessions",
        lambda: sa.Column("code_due", sa.Boolean(), nullable=False, server_default=sa.false()),
    ),
]


def upgrade() -> None:
    op.create_table(
        "staff_links",
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.String(320), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_staff_links"),
        sa.ForeignKeyConstraint(["user_id"], ["staff_users.user_id"], name="fk_staff_links_user_id"),
        if_not_exists=True,
    )
    op.create_table(
        "recovery_codes",
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_recovery_codes"),
        sa.ForeignKeyConstraint(["user_id"], ["staff_users.user_id"], name="fk_recovery_codes_user_id"),
        if_not_exists=True,
    )
    op.create_index("ix_recovery_codes_user_id", "recovery_codes", ["user_id"], if_not_exists=True)
    add_missing(COLUMNS)


def downgrade() -> None:
    for table, build in reversed(COLUMNS):
        op.drop_column(table, build().name)
    op.drop_table("recovery_codes")
    op.drop_table("staff_links")
