"""Imports with a number, what each changed and left out, and which one made an invoice or a customer.

Each statement has a transaction of its own: locks on several tables at once could wait for a worker that
waits for one of them. What an interrupted run has done is left out.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from paymail.db import UtcDateTime
from paymail.db.columns import add_missing

revision: str = "0018"
down_revision: str | None = "0017"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    with op.get_context().autocommit_block():
        _imports()
        _changes()
        _faults()
        add_missing([("invoices", _import_id), ("customers", _import_id)])


def _import_id() -> sa.Column[int]:
    return sa.Column("import_id", sa.BigInteger(), nullable=True)


def _imports() -> None:
    op.create_table(
        "imports",
        sa.Column("import_id", ID, nullable=False),
        sa.Column("issuer_id", ID, nullable=False),
        sa.Column("source", sa.String(120), nullable=False),
        sa.Column("actor", sa.String(120), nullable=False),
        sa.Column("started_at", UtcDateTime, nullable=False),
        sa.Column("finished_at", UtcDateTime, nullable=True),
        sa.Column("created", sa.Integer(), nullable=False),
        sa.Column("updated", sa.Integer(), nullable=False),
        sa.Column("unchanged", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.Column("taken_back_at", UtcDateTime, nullable=True),
        sa.Column("taken_back_by", sa.String(120), nullable=False),
        sa.PrimaryKeyConstraint("import_id", name="pk_imports"),
        sa.ForeignKeyConstraint(["issuer_id"], ["issuers.issuer_id"], name="fk_imports_issuer_id"),
        if_not_exists=True,
    )


def _changes() -> None:
    op.create_table(
        "import_changes",
        sa.Column("change_id", ID, nullable=False),
        sa.Column("import_id", ID, nullable=False),
        sa.Column("invoice_id", sa.BigInteger(), nullable=True),
        sa.Column("customer_id", sa.BigInteger(), nullable=True),
        sa.Column("number", sa.String(40), nullable=False),
        sa.Column("fields", sa.Text(), nullable=False),
        sa.Column("changed_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("change_id", name="pk_import_changes"),
        sa.ForeignKeyConstraint(["import_id"], ["imports.import_id"], name="fk_import_changes_import_id"),
        if_not_exists=True,
    )
    table = "import_changes"
    op.create_index("ix_import_changes_import", table, ["import_id", "change_id"], if_not_exists=True)
    op.create_index("ix_import_changes_invoice", table, ["invoice_id"], if_not_exists=True)
    op.create_index("ix_import_changes_customer", table, ["customer_id"], if_not_exists=True)


def _faults() -> None:
    op.create_table(
        "import_faults",
        sa.Column("fault_id", ID, nullable=False),
        sa.Column("import_id", ID, nullable=False),
        sa.Column("number", sa.String(60), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("field", sa.String(60), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("fault_id", name="pk_import_faults"),
        sa.ForeignKeyConstraint(["import_id"], ["imports.import_id"], name="fk_import_faults_import_id"),
        if_not_exists=True,
    )
    op.create_index("ix_import_faults_import", "import_faults", ["import_id", "fault_id"], if_not_exists=True)


def downgrade() -> None:
    op.drop_column("customers", "import_id")
    op.drop_column("invoices", "import_id")
    op.drop_table("import_faults")
    op.drop_table("import_changes")
    op.drop_table("imports")
