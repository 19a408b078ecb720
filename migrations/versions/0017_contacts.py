"""Further addresses of customers, a bookkeeper's copy per issuer, and the fate of an email per address.

Each statement has a transaction of its own: locks on several tables at once could wait for a worker that
waits for one of them. What an interrupted run has done is left out.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from paymail.db import UtcDateTime
from paymail.db.columns import add_missing

revision: str = "0017"
down_revision: str | None = "0016"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    with op.get_context().autocommit_block():
        add_missing([("issuers", _bookkeeper_email)])
        _contacts()
        _recipients()


def _bookkeeper_email() -> sa.Column[str]:
    return sa.Column("bookkeeper_email", sa.String(320), nullable=False, server_default="")


def _contacts() -> None:
    op.create_table(
        "contacts",
        sa.Column("contact_id", ID, nullable=False),
        sa.Column("customer_id", ID, nullable=False),
        sa.Column("email", sa.String(320), nullable=False),
        sa.Column("role", sa.String(24), nullable=False),
        sa.Column("invoices", sa.Boolean(), nullable=False, server_default=sa.true()),
        sa.Column("reminders", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("receipts", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("origin", sa.String(24), nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("contact_id", name="pk_contacts"),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.customer_id"], name="fk_contacts_customer_id"),
        sa.UniqueConstraint("customer_id", "email", name="uq_contacts_email"),
        if_not_exists=True,
    )


def _recipients() -> None:
    op.create_table(
        "message_recipients",
        sa.Column("recipient_id", ID, nullable=False),
        sa.Column("message_id", ID, nullable=False),
        sa.Column("address", sa.String(320), nullable=False),
        sa.Column("role", sa.String(24), nullable=False),
        sa.Column("state", sa.String(24), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("settled_at", UtcDateTime, nullable=True),
        sa.PrimaryKeyConstraint("recipient_id", name="pk_message_recipients"),
        sa.ForeignKeyConstraint(
            ["message_id"], ["messages.message_id"], name="fk_message_recipients_message_id"
        ),
        if_not_exists=True,
    )
    op.create_index("ix_message_recipients_message", "message_recipients", ["message_id"], if_not_exists=True)


def downgrade() -> None:
    op.drop_table("message_recipients")
    op.drop_table("contacts")
    op.drop_column("issuers", "bookkeeper_email")
