"""Payment methods that customers saved, their customers at Stripe, and the consent of an attempt.

Each statement has a transaction of its own: locks on several tables at once could wait for a worker that
waits for one of them. What an interrupted run has done is left out.
"""

from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

from paymail.db import UtcDateTime
from paymail.db.columns import add_missing

revision: str = "0010"
down_revision: str | None = "0009"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


COLUMNS: tuple[tuple[str, Callable[[], sa.Column[Any]]], ...] = (
    ("issuers", lambda: sa.Column("save_methods", sa.Boolean(), nullable=False, server_default=sa.false())),
    ("payment_attempts", lambda: sa.Column("consent", sa.String(20), nullable=False, server_default="")),
    ("payment_attempts", lambda: sa.Column("consented_at", UtcDateTime, nullable=True)),
    ("gateway_events", lambda: sa.Column("method_id", sa.String(80), nullable=False, server_default="")),
)


def upgrade() -> None:
    with op.get_context().autocommit_block():
        _saved_methods()
        _gateway_customers()
        add_missing(COLUMNS)


def _saved_methods() -> None:
    name, invoice = "fk_saved_methods_invoice_id", ["invoice_id"]
    alters = op.get_bind().dialect.name == "postgresql"
    # SQLite cannot add a foreign key later; PostgreSQL would lock invoices and customers at once.
    later = [] if alters else [sa.ForeignKeyConstraint(invoice, ["invoices.invoice_id"], name=name)]
    op.create_table(
        "saved_methods",
        sa.Column("saved_method_id", ID, nullable=False),
        sa.Column("customer_id", ID, nullable=False),
        sa.Column("invoice_id", ID, nullable=False),
        sa.Column("account", sa.String(60), nullable=False),
        sa.Column("method_id", sa.String(80), nullable=False),
        sa.Column("brand", sa.String(60), nullable=False),
        sa.Column("last4", sa.String(4), nullable=False),
        sa.Column("exp_month", sa.Integer(), nullable=True),
        sa.Column("exp_year", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(24), nullable=False),
        sa.Column("consent", sa.String(20), nullable=False),
        sa.Column("consented_at", UtcDateTime, nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("failure", sa.Text(), nullable=False),
        sa.Column("next_at", UtcDateTime, nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("updated_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("saved_method_id", name="pk_saved_methods"),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.customer_id"], name="fk_saved_methods_customer_id"
        ),
        *later,
        sa.UniqueConstraint("method_id", name="uq_saved_methods_method_id"),
        if_not_exists=True,
    )
    op.create_index(
        "ix_saved_methods_customer", "saved_methods", ["customer_id", "state"], if_not_exists=True
    )
    op.create_index("ix_saved_methods_due", "saved_methods", ["state", "next_at"], if_not_exists=True)
    there = {found["name"] for found in sa.inspect(op.get_bind()).get_foreign_keys("saved_methods")}
    if alters and name not in there:
        op.create_foreign_key(name, "saved_methods", "invoices", invoice, invoice)


def _gateway_customers() -> None:
    op.create_table(
        "gateway_customers",
        sa.Column("gateway_customer_id", ID, nullable=False),
        sa.Column("customer_id", ID, nullable=False),
        sa.Column("account", sa.String(60), nullable=False),
        sa.Column("gateway_id", sa.String(80), nullable=True),
        sa.Column("idempotency_key", sa.String(120), nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("gateway_customer_id", name="pk_gateway_customers"),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.customer_id"], name="fk_gateway_customers_customer_id"
        ),
        sa.UniqueConstraint("customer_id", "account", name="uq_gateway_customers_account"),
        sa.UniqueConstraint("idempotency_key", name="uq_gateway_customers_idempotency_key"),
        if_not_exists=True,
    )


def downgrade() -> None:
    op.drop_column("gateway_events", "method_id")
    op.drop_column("payment_attempts", "consented_at")
    op.drop_column("payment_attempts", "consent")
    op.drop_column("issuers", "save_methods")
    op.drop_table("gateway_customers")
    op.drop_table("saved_methods")
