"""The PDFs of receipts, credit notes and statements are kept beside those of invoices."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0051"
down_revision: str | None = "0050"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    columns = {column["name"] for column in sa.inspect(op.get_bind()).get_columns("issued_documents")}
    if "kind" not in columns:
        op.add_column(
            "issued_documents", sa.Column("kind", sa.String(12), nullable=False, server_default="invoice")
        )


def downgrade() -> None:
    # Older code takes every row for a version of the invoice itself; their bytes stay with their emails.
    op.execute("DELETE FROM issued_documents WHERE kind <> 'invoice'")
    op.drop_column("issued_documents", "kind")
