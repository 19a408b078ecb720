"""The index that makes codes of verification unique, and finds them."""

from collections.abc import Sequence

from paymail.db.indexes import build_index, drop_index

revision: str = "0029"
down_revision: str | None = "0028"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    build_index(
        "uq_invoices_verify_code",
        "invoices",
        ["verify_code"],
        unique=True,
        where="verify_code IS NOT NULL",
    )


def downgrade() -> None:
    drop_index("uq_invoices_verify_code", "invoices")
