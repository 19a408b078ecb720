"""What was changed of an issuer, by whom; when reminders begin; and pay links that were replaced.

Each statement has a transaction of its own: locks on several tables at once could wait for a worker that
waits for one of them. What an interrupted run has done is left out.
"""

from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

from paymail.db import UtcDateTime
from paymail.db.columns import add_missing

revision: str = "0016"
down_revision: str | None = "0015"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

COLUMNS: tuple[tuple[str, Callable[[], sa.Column[Any]]], ...] = (
    ("issuers", lambda: sa.Column("reminder_gap", sa.Integer(), nullable=False, server_default="1")),
    (
        "issuers",
        lambda: sa.Column("host_mails_invoices", sa.Boolean(), nullable=False, server_default=sa.false()),
    ),
)
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


HANDED_OVER = "('sent', 'bounced', 'unknown', 'handover')"
HOSTS_THAT_MAIL = f"""
UPDATE issuers SET host_mails_invoices = true WHERE issuer_id IN (
    SELECT invoices.issuer_id FROM invoices JOIN messages ON messages.invoice_id = invoices.invoice_id
    WHERE messages.kind = 'reminder' AND messages.state IN {HANDED_OVER} AND NOT EXISTS (
        SELECT 1 FROM messages AS emails WHERE emails.invoice_id = invoices.invoice_id
        AND emails.kind = 'invoice' AND emails.state IN {HANDED_OVER}))
"""  # noqa: S608 - no value from outside
"""Where paymail has reminded of invoices that it never mailed, the host mails them, and so it goes on."""


def upgrade() -> None:
    with op.get_context().autocommit_block():
        _issuer_changes()
        _replaced_tokens()
        add_missing(COLUMNS)
        op.execute(HOSTS_THAT_MAIL)


def _issuer_changes() -> None:
    op.create_table(
        "issuer_changes",
        sa.Column("change_id", ID, nullable=False),
        sa.Column("issuer_id", ID, nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.Column("actor", sa.String(120), nullable=False),
        sa.Column("setting", sa.String(40), nullable=False),
        sa.Column("old", sa.Text(), nullable=False),
        sa.Column("new", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("change_id", name="pk_issuer_changes"),
        sa.ForeignKeyConstraint(["issuer_id"], ["issuers.issuer_id"], name="fk_issuer_changes_issuer_id"),
        if_not_exists=True,
    )
    op.create_index(
        "ix_issuer_changes_issuer", "issuer_changes", ["issuer_id", "change_id"], if_not_exists=True
    )


def _replaced_tokens() -> None:
    op.create_table(
        "replaced_tokens",
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("invoice_id", ID, nullable=False),
        sa.Column("replaced_at", UtcDateTime, nullable=False),
        sa.Column("revoked", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_replaced_tokens"),
        sa.ForeignKeyConstraint(
            ["invoice_id"], ["invoices.invoice_id"], name="fk_replaced_tokens_invoice_id"
        ),
        if_not_exists=True,
    )


def downgrade() -> None:
    op.drop_table("replaced_tokens")
    op.drop_column("issuers", "host_mails_invoices")
    op.drop_column("issuers", "reminder_gap")
    op.drop_table("issuer_changes")
