"""The indexes by which a list is sorted by what is owed, and the next number of an invoice is found.

Of expressions, so on PostgreSQL alone: SQLite loses those whenever a table is altered by a copy.
"""

from collections.abc import Sequence

from alembic import op
from sqlalchemy import text

from paymail.db.indexes import build_index, drop_index

revision: str = "0057"
down_revision: str | None = "0056"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

SHORTFALL = (
    "total - amount_credited - amount_written_off - amount_paid + amount_refunded + amount_charged_back"
)
BALANCE = f"(CASE WHEN status = 'sent' AND ({SHORTFALL}) > 0 THEN {SHORTFALL} ELSE 0 END)"
ON_SERVER: dict[str, tuple[list[object], str | None]] = {
    "ix_invoices_balance": ([text(BALANCE), "invoice_id"], None),
    "ix_invoices_counted": (
        ["issuer_id", text("length(number)"), "number"],
        "ltrim(number, '0123456789') = ''",
    ),
}


def upgrade() -> None:
    for name, (columns, where) in _expressions().items():
        build_index(name, "invoices", columns, where=where)


def downgrade() -> None:
    for name in _expressions():
        drop_index(name, "invoices")


def _expressions() -> dict[str, tuple[list[object], str | None]]:
    return ON_SERVER if op.get_bind().dialect.name == "postgresql" else {}
