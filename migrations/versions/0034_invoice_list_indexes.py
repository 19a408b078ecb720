"""The indexes by which the list of invoices finds what is owed, and a month."""

from collections.abc import Sequence

from paymail.db.indexes import build_index, drop_index

revision: str = "0034"
down_revision: str | None = "0033"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


OWED = (
    "status = 'sent' AND total - amount_credited - amount_written_off - amount_paid + amount_refunded"
    " + amount_charged_back > 0"
)


def upgrade() -> None:
    build_index("ix_invoices_owed", "invoices", ["due_date", "invoice_id"], where=OWED)
    build_index("ix_invoices_issued_date", "invoices", ["issued_date"])


def downgrade() -> None:
    drop_index("ix_invoices_issued_date", "invoices")
    drop_index("ix_invoices_owed", "invoices")
