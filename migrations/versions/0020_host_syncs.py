"""Sync with a host's database: cursors, invoices that were refused, and what the host was told.

Each statement has a transaction of its own. What an interrupted run has done is left out.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from paymail.db import UtcDateTime

revision: str = "0020"
down_revision: str | None = "0019"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    with op.get_context().autocommit_block():
        _syncs()
        _refusals()
        _invoices()


def _syncs() -> None:
    op.create_table(
        "host_syncs",
        sa.Column("sync_id", ID, nullable=False),
        sa.Column("issuer_id", ID, nullable=False),
        sa.Column("source", sa.String(400), nullable=False),
        sa.Column("accepted_at", UtcDateTime, nullable=False),
        sa.Column("cursor", UtcDateTime, nullable=True),
        sa.Column("ended_at", UtcDateTime, nullable=True),
        sa.PrimaryKeyConstraint("sync_id", name="pk_host_syncs"),
        sa.ForeignKeyConstraint(["issuer_id"], ["issuers.issuer_id"], name="fk_host_syncs_issuer_id"),
        sa.UniqueConstraint("issuer_id", "source", name="uq_host_syncs_source"),
        if_not_exists=True,
    )


def _refusals() -> None:
    op.create_table(
        "host_refusals",
        sa.Column("refusal_id", ID, nullable=False),
        sa.Column("sync_id", ID, nullable=False),
        sa.Column("number", sa.String(200), nullable=False),
        sa.Column("faults", sa.Text(), nullable=False),
        sa.Column("refused_at", UtcDateTime, nullable=False),
        sa.Column("tried_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("refusal_id", name="pk_host_refusals"),
        sa.ForeignKeyConstraint(["sync_id"], ["host_syncs.sync_id"], name="fk_host_refusals_sync_id"),
        sa.UniqueConstraint("sync_id", "number", name="uq_host_refusals_number"),
        if_not_exists=True,
    )


def _invoices() -> None:
    amounts = ("paid", "paid_here", "refunded", "charged_back", "credited", "written_off")
    op.create_table(
        "synced_invoices",
        sa.Column("invoice_id", ID, nullable=False, autoincrement=False),
        sa.Column("sync_id", ID, nullable=False),
        sa.Column("number", sa.String(200), nullable=False),
        sa.Column("told_status", sa.String(24), nullable=False),
        sa.Column("told_money", sa.String(24), nullable=False),
        *(sa.Column(f"told_{name}", sa.BigInteger(), nullable=False) for name in amounts),
        sa.Column("event_id", sa.String(40), nullable=False),
        sa.Column("as_of", UtcDateTime, nullable=True),
        sa.Column("told_at", UtcDateTime, nullable=True),
        sa.Column("failure", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("invoice_id", name="pk_synced_invoices"),
        sa.ForeignKeyConstraint(
            ["invoice_id"], ["invoices.invoice_id"], name="fk_synced_invoices_invoice_id"
        ),
        sa.ForeignKeyConstraint(["sync_id"], ["host_syncs.sync_id"], name="fk_synced_invoices_sync_id"),
        if_not_exists=True,
    )
    op.create_index("ix_synced_invoices_number", "synced_invoices", ["sync_id", "number"], if_not_exists=True)


def downgrade() -> None:
    op.drop_table("synced_invoices")
    op.drop_table("host_refusals")
    op.drop_table("host_syncs")
