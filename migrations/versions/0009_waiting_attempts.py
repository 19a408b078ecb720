"""Payments that wait for the customer's own act: by what, until when, and where they are told how."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from paymail.db import UtcDateTime

revision: str = "0009"
down_revision: str | None = "0008"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column(
        "payment_attempts", sa.Column("waits_for", sa.String(40), nullable=False, server_default="")
    )
    op.add_column("payment_attempts", sa.Column("expires_at", UtcDateTime, nullable=True))
    op.add_column(
        "payment_attempts", sa.Column("instructions_url", sa.Text(), nullable=False, server_default="")
    )


def downgrade() -> None:
    # The code before took it for an open one: at Stripe it can be paid and cancelled alike.
    op.execute("UPDATE payment_attempts SET status = 'open' WHERE status = 'waiting'")
    for column in ("instructions_url", "expires_at", "waits_for"):
        op.drop_column("payment_attempts", column)
