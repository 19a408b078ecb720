"""The index by which those customers are found that were merged into one."""

from collections.abc import Sequence

from paymail.db.indexes import build_index, drop_index

revision: str = "0023"
down_revision: str | None = "0022"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    build_index("ix_customers_merged_into", "customers", ["merged_into"], where="merged_into IS NOT NULL")


def downgrade() -> None:
    drop_index("ix_customers_merged_into", "customers")
