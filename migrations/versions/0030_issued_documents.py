"""The PDFs of invoices as they were issued."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from paymail.db import UtcDateTime

revision: str = "0030"
down_revision: str | None = "0029"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "issued_documents",
        sa.Column("issued_id", ID, nullable=False),
        sa.Column("invoice_id", ID, nullable=False),
        sa.Column("facts", sa.String(64), nullable=False),
        sa.Column("paid", sa.BigInteger(), nullable=False),
        sa.Column("pdf_sha256", sa.String(64), nullable=False),
        sa.Column("issued_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("issued_id", name="pk_issued_documents"),
        sa.ForeignKeyConstraint(
            ["invoice_id"], ["invoices.invoice_id"], name="fk_issued_documents_invoice_id"
        ),
        sa.ForeignKeyConstraint(
            ["pdf_sha256"], ["blobs.sha256"], name="fk_issued_documents_pdf_sha256_blobs"
        ),
        sa.UniqueConstraint("invoice_id", "facts", "paid", name="uq_issued_documents_facts"),
    )
    op.create_index("ix_issued_documents_pdf", "issued_documents", ["pdf_sha256"])


def downgrade() -> None:
    op.drop_table("issued_documents")
