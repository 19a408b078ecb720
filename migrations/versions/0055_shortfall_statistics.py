"""Statistics of what is owed: from them PostgreSQL knows how few invoices are."""

from collections.abc import Sequence

from alembic import op

revision: str = "0055"
down_revision: str | None = "0054"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

SHORTFALL = (
    "total - amount_credited - amount_written_off - amount_paid + amount_refunded + amount_charged_back"
)


def upgrade() -> None:
    if _counts_expressions():
        op.execute(f"CREATE STATISTICS IF NOT EXISTS st_invoices_shortfall ON ({SHORTFALL}) FROM invoices")
        op.execute("ANALYZE invoices")


def downgrade() -> None:
    if _counts_expressions():
        op.execute("DROP STATISTICS IF EXISTS st_invoices_shortfall")


def _counts_expressions() -> bool:
    """Whether statistics of an expression are there, by which the planner knows how few are owed."""
    connection = op.get_bind()
    found = connection.dialect.server_version_info or ()
    return connection.dialect.name == "postgresql" and found >= (14,)
