"""What an import made is found by it; and what is removed with it is looked for without reading whole tables.

A database looks, for each row that is removed, for rows that refer to it.
"""

from collections.abc import Sequence

from paymail.db.indexes import build_index, drop_index

revision: str = "0019"
down_revision: str | None = "0018"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

INDEXES = {
    "ix_invoices_import": ("invoices", "import_id", "import_id IS NOT NULL"),
    "ix_customers_import": ("customers", "import_id", "import_id IS NOT NULL"),
    "ix_timeline_events_message": ("timeline_events", "message_id", "message_id IS NOT NULL"),
    "ix_messages_payment": ("messages", "payment_id", "payment_id IS NOT NULL"),
    "ix_requests_message": ("requests", "message_id", "message_id IS NOT NULL"),
    "ix_requests_payment": ("requests", "payment_id", "payment_id IS NOT NULL"),
    "ix_suppressions_message": ("suppressions", "message_id", "message_id IS NOT NULL"),
    "ix_replaced_tokens_invoice": ("replaced_tokens", "invoice_id", None),
    "ix_saved_methods_invoice": ("saved_methods", "invoice_id", None),
    "ix_disputes_payment": ("disputes", "payment_id", None),
}
"""The table, the column, and which rows."""


def upgrade() -> None:
    for name, (table, column, where) in INDEXES.items():
        build_index(name, table, [column], where=where)


def downgrade() -> None:
    for name, (table, _column, _where) in INDEXES.items():
        drop_index(name, table)
