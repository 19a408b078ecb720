"""An index of payment attempts by status: metrics count them, and sweeps look for open ones."""

from collections.abc import Sequence

from paymail.db.indexes import build_index, drop_index

revision: str = "0011"
down_revision: str | None = "0010"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    build_index("ix_payment_attempts_status", "payment_attempts", ["status"])


def downgrade() -> None:
    drop_index("ix_payment_attempts_status", "payment_attempts")
