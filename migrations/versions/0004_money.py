"""Refunds, disputes, payment plans, manual payments, and links that end

Links of existing invoices keep their end (none): a link that was sent out without one must not die by an
upgrade. New columns have constant defaults, which PostgreSQL adds without a rewrite.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from paymail.db import UtcDateTime

revision: str = "0004"
down_revision: str | None = "0003"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
LIVE = "status IN ('creating', 'open', 'processing')"
LIVE_NOW = "status IN ('creating', 'open', 'withdrawing', 'processing')"
ACTIVE = sa.text("state = 'active'")
CHANNEL = sa.Enum(
    "stripe", "bank_transfer", "cash", "cheque", "other", name="channel", native_enum=False, length=24
)


def minor(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=False, server_default="0")


def number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), nullable=False, server_default="0")


def _columns() -> dict[str, list[sa.Column[object]]]:
    return {
        "issuers": [
            number("last_credit_note"),
            sa.Column("link_days", sa.Integer(), nullable=True, server_default="30"),
            number("application_fee"),
        ],
        "invoices": [
            minor("amount_refunded"), minor("amount_charged_back"), minor("amount_credited"),
            minor("amount_written_off"), sa.Column("part_minimum", sa.BigInteger(), nullable=True),
        ],
        "payment_attempts": [
            number("declines"), minor("fee"), sa.Column("tried_at", UtcDateTime, nullable=True),
            sa.Column("look_at", UtcDateTime, nullable=True),
        ],
        "payments": [
            sa.Column("channel", CHANNEL, nullable=False, server_default="stripe"),
            sa.Column("reference", sa.Text(), nullable=False, server_default=""),
            sa.Column("paid_on", sa.Date(), nullable=True),
            sa.Column("request_key", sa.String(80), nullable=True),
        ],
    }  # fmt: skip


def upgrade() -> None:
    for table, columns in _columns().items():
        for column in columns:
            op.add_column(table, column)
    op.create_index("uq_payments_request_key", "payments", ["request_key"], unique=True)
    _live_index(LIVE_NOW)
    _plans()
    _refunds()
    _disputes()
    _reconciler()


def _live_index(predicate: str) -> None:
    op.drop_index("uq_payment_attempts_live", "payment_attempts")
    op.create_index(
        "uq_payment_attempts_live",
        "payment_attempts",
        ["invoice_id"],
        unique=True,
        postgresql_where=sa.text(predicate),
        sqlite_where=sa.text(predicate),
    )


def _plans() -> None:
    op.create_table(
        "payment_plans",
        sa.Column("plan_id", ID, nullable=False),
        sa.Column("invoice_id", ID, nullable=False),
        sa.Column(
            "state",
            sa.Enum("active", "ended", name="planstate", native_enum=False, length=24),
            nullable=False,
        ),
        sa.Column("actor", sa.String(120), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("ended_by", sa.String(120), nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("ended_at", UtcDateTime, nullable=True),
        sa.ForeignKeyConstraint(["invoice_id"], ["invoices.invoice_id"], name="fk_payment_plans_invoice_id"),
        sa.PrimaryKeyConstraint("plan_id", name="pk_payment_plans"),
    )
    op.create_index("ix_payment_plans_invoice_id", "payment_plans", ["invoice_id"])
    op.create_index(
        "uq_payment_plans_active",
        "payment_plans",
        ["invoice_id"],
        unique=True,
        postgresql_where=ACTIVE,
        sqlite_where=ACTIVE,
    )
    op.create_table(
        "instalments",
        sa.Column("instalment_id", ID, nullable=False),
        sa.Column("plan_id", ID, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("due_date", sa.Date(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["plan_id"], ["payment_plans.plan_id"], name="fk_instalments_plan_id"),
        sa.PrimaryKeyConstraint("instalment_id", name="pk_instalments"),
        sa.UniqueConstraint("plan_id", "position", name="uq_instalments_position"),
    )


def _refunds() -> None:
    status = sa.Enum(
        "requested", "pending", "succeeded", "failed", name="refundstatus", native_enum=False, length=24
    )
    op.create_table(
        "refunds",
        sa.Column("refund_id", ID, nullable=False),
        sa.Column("invoice_id", ID, nullable=False),
        sa.Column("issuer_id", ID, nullable=False),
        sa.Column("payment_id", ID, nullable=False),
        sa.Column("gateway_id", sa.String(80), nullable=True),
        sa.Column("idempotency_key", sa.String(120), nullable=True),
        sa.Column("channel", CHANNEL, nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("credited", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("status", status, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("failure", sa.Text(), nullable=False),
        sa.Column("credit_note", sa.Integer(), nullable=True),
        sa.Column("actor", sa.String(120), nullable=False),
        sa.Column("request_key", sa.String(80), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_at", UtcDateTime, nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("updated_at", UtcDateTime, nullable=False),
        sa.ForeignKeyConstraint(["invoice_id"], ["invoices.invoice_id"], name="fk_refunds_invoice_id"),
        sa.ForeignKeyConstraint(["issuer_id"], ["issuers.issuer_id"], name="fk_refunds_issuer_id"),
        sa.ForeignKeyConstraint(["payment_id"], ["payments.payment_id"], name="fk_refunds_payment_id"),
        sa.PrimaryKeyConstraint("refund_id", name="pk_refunds"),
        sa.UniqueConstraint("gateway_id", name="uq_refunds_gateway_id"),
        sa.UniqueConstraint("idempotency_key", name="uq_refunds_idempotency_key"),
        sa.UniqueConstraint("request_key", name="uq_refunds_request_key"),
        sa.UniqueConstraint("issuer_id", "credit_note", name="uq_refunds_credit_note"),
    )
    op.create_index("ix_refunds_invoice_id", "refunds", ["invoice_id"])
    op.create_index("ix_refunds_payment_id", "refunds", ["payment_id"])
    op.create_index("ix_refunds_due", "refunds", ["status", "next_at"])


def _disputes() -> None:
    op.create_table(
        "disputes",
        sa.Column("dispute_id", sa.String(80), nullable=False),
        sa.Column("invoice_id", ID, nullable=False),
        sa.Column("payment_id", ID, nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column(
            "state",
            sa.Enum("open", "won", "lost", name="disputestate", native_enum=False, length=24),
            nullable=False,
        ),
        sa.Column("gateway_status", sa.String(40), nullable=False),
        sa.Column("reason", sa.String(60), nullable=False),
        sa.Column("evidence_due_at", UtcDateTime, nullable=True),
        sa.Column("opened_at", UtcDateTime, nullable=False),
        sa.Column("updated_at", UtcDateTime, nullable=False),
        sa.ForeignKeyConstraint(["invoice_id"], ["invoices.invoice_id"], name="fk_disputes_invoice_id"),
        sa.ForeignKeyConstraint(["payment_id"], ["payments.payment_id"], name="fk_disputes_payment_id"),
        sa.PrimaryKeyConstraint("dispute_id", name="pk_disputes"),
    )
    op.create_index("ix_disputes_invoice_id", "disputes", ["invoice_id"])


def _reconciler() -> None:
    op.create_table(
        "reconciler_turns",
        sa.Column("job", sa.String(24), nullable=False),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("next_at", UtcDateTime, nullable=False),
        sa.Column("lease_until", UtcDateTime, nullable=True),
        sa.Column("ended_at", UtcDateTime, nullable=True),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("failure", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("job", name="pk_reconciler_turns"),
    )
    op.create_table(
        "reconciled_accounts",
        sa.Column("account", sa.String(60), nullable=False),
        sa.Column("events_until", sa.BigInteger(), nullable=False),
        sa.Column("read_at", UtcDateTime, nullable=True),
        sa.PrimaryKeyConstraint("account", name="pk_reconciled_accounts"),
    )
    op.create_table(
        "drifts",
        sa.Column("key", sa.String(200), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("account", sa.String(60), nullable=False),
        sa.Column("intent_id", sa.String(80), nullable=False),
        sa.Column("invoice_ref", sa.String(80), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("books", sa.Text(), nullable=False),
        sa.Column("books_amount", sa.BigInteger(), nullable=True),
        sa.Column("stripe", sa.Text(), nullable=False),
        sa.Column("stripe_amount", sa.BigInteger(), nullable=True),
        sa.Column("found_at", UtcDateTime, nullable=False),
        sa.Column("seen_at", UtcDateTime, nullable=False),
        sa.Column("gone_at", UtcDateTime, nullable=True),
        sa.Column("told_at", UtcDateTime, nullable=True),
        sa.PrimaryKeyConstraint("key", name="pk_drifts"),
    )
    op.create_index("ix_drifts_open", "drifts", ["gone_at", "account"])
    op.create_index("ix_gateway_events_received", "gateway_events", ["received_at", "event_id"])
    op.create_index("ix_gateway_events_intent_id", "gateway_events", ["intent_id"])


def downgrade() -> None:
    op.drop_index("ix_gateway_events_intent_id", "gateway_events")
    op.drop_index("ix_gateway_events_received", "gateway_events")
    for table in (
        "drifts",
        "reconciled_accounts",
        "reconciler_turns",
        "disputes",
        "refunds",
        "instalments",
        "payment_plans",
    ):
        op.drop_table(table)
    # The code before knows no withdrawing; what is not cancelled yet can still be paid, as an open one.
    op.execute("UPDATE payment_attempts SET status = 'open' WHERE status = 'withdrawing'")
    _live_index(LIVE)
    op.drop_index("uq_payments_request_key", "payments")
    for table, columns in _columns().items():
        for column in columns:
            op.drop_column(table, column.name)
