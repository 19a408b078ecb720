"""The index by which what some customers owe is summed."""

from collections.abc import Sequence

from paymail.db.indexes import build_index, drop_index

revision: str = "0042"
down_revision: str | None = "0041"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

OWED = (
    "status = 'sent' AND total - amount_credited - amount_written_off - amount_paid + amount_refunded"
    " + amount_charged_back > 0"
)


COLUMNS = [
    "customer_id",
    "currency",
    "total",
    "amount_credited",
    "amount_written_off",
    "amount_paid",
    "amount_refunded",
    "amount_charged_back",
]


def upgrade() -> None:
    build_index("ix_invoices_owed_by", "invoices", COLUMNS, where=OWED)


def downgrade() -> None:
    drop_index("ix_invoices_owed_by", "invoices")
