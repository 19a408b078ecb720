"""The indexes by which a page of a long list is read from its beginning, and what is owed is summed."""

from collections.abc import Sequence

from alembic import op
from sqlalchemy import text

from paymail.db.indexes import build_index, drop_index

revision: str = "0053"
down_revision: str | None = "0052"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

SHORTFALL = (
    "total - amount_credited - amount_written_off - amount_paid + amount_refunded + amount_charged_back"
)
OWED = f"status = 'sent' AND {SHORTFALL} > 0"
SUMMED = (
    "issuer_id due_date invoice_id customer_id currency total amount_credited amount_written_off amount_paid"
    " amount_refunded amount_charged_back"
)
ARRIVED = "channel issuer_id currency amount"
INDEXES: dict[str, tuple[str, str, str | None]] = {
    "ix_invoices_owed_sums": ("invoices", SUMMED, OWED),
    "ix_invoices_issuer": ("invoices", "issuer_id invoice_id", None),
    "ix_invoices_due": ("invoices", "due_date invoice_id", None),
    "ix_invoices_total": ("invoices", "total invoice_id", None),
    "ix_messages_emails": ("messages", "invoice_id message_id state", "kind = 'invoice'"),
    "ix_messages_kind": ("messages", "kind message_id", None),
    "ix_payments_received": ("payments", f"received_at {ARRIVED}", "paid_on IS NULL"),
    "ix_payments_paid_on": ("payments", f"paid_on {ARRIVED}", "paid_on IS NOT NULL"),
    "ix_messages_handed_over": ("messages", "handed_over_at", "handed_over_at IS NOT NULL"),
}
ON_SERVER: dict[str, tuple[str, list[object]]] = {
    "ix_customers_name": ("customers", [text("lower(name)"), "customer_id"]),
    "ix_invoices_number_back": ("invoices", [text("reverse(lower(number)) text_pattern_ops")]),
}
"""Of expressions: SQLite loses them whenever a table is altered by a copy, and has no `reverse`."""


def upgrade() -> None:
    for name, (table, columns, where) in INDEXES.items():
        build_index(name, table, columns.split(), where=where)
    for name, (table, expressions) in _expressions().items():
        build_index(name, table, expressions)


def downgrade() -> None:
    for name, (table, *_rest) in [*_expressions().items(), *INDEXES.items()]:
        drop_index(name, table)


def _expressions() -> dict[str, tuple[str, list[object]]]:
    return ON_SERVER if op.get_bind().dialect.name == "postgresql" else {}
