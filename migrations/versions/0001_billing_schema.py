"""The billing schema, without payment tokens"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from paymail.db import ExactDecimal, UtcDateTime

revision: str = "0001"
down_revision: str | None = None
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "api_keys",
        sa.Column("prefix", sa.String(length=16), nullable=False),
        sa.Column("secret_sha256", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("revoked_at", UtcDateTime, nullable=True),
        sa.PrimaryKeyConstraint("prefix", name="pk_api_keys"),
    )
    op.create_table(
        "blobs",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("sha256", name="pk_blobs"),
    )
    op.create_table(
        "gateway_events",
        sa.Column("event_id", sa.String(length=80), nullable=False),
        sa.Column("type", sa.String(length=80), nullable=False),
        sa.Column("account", sa.String(length=60), nullable=False),
        sa.Column("livemode", sa.Boolean(), nullable=False),
        sa.Column("intent_id", sa.String(length=80), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "received", "done", "ignored", "dead", name="gatewayeventstate", native_enum=False, length=24
            ),
            nullable=False,
        ),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", UtcDateTime, nullable=False),
        sa.Column("received_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("event_id", name="pk_gateway_events"),
    )
    op.create_index("ix_gateway_events_due", "gateway_events", ["state", "next_at"], unique=False)

    op.create_table(
        "issuers",
        sa.Column("issuer_id", ID, nullable=False),
        sa.Column("name", sa.String(length=300), nullable=False),
        sa.Column("tax_id", sa.String(length=60), nullable=False),
        sa.Column("tax_name", sa.String(length=20), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("email", sa.String(length=320), nullable=False),
        sa.Column("reply_to", sa.String(length=320), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("locale", sa.String(length=20), nullable=False),
        sa.Column("timezone", sa.String(length=60), nullable=False),
        sa.Column("stripe_account", sa.String(length=60), nullable=False),
        sa.Column("last_receipt", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("issuer_id", name="pk_issuers"),
        sa.UniqueConstraint("name", name="uq_issuers_name"),
    )
    op.create_table(
        "staff_users",
        sa.Column("user_id", ID, nullable=False),
        sa.Column("email", sa.String(length=320), nullable=False),
        sa.Column("password_hash", sa.String(length=255), nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("disabled_at", UtcDateTime, nullable=True),
        sa.PrimaryKeyConstraint("user_id", name="pk_staff_users"),
        sa.UniqueConstraint("email", name="uq_staff_users_email"),
    )
    op.create_table(
        "customers",
        sa.Column("customer_id", ID, nullable=False),
        sa.Column("issuer_id", ID, nullable=False),
        sa.Column("name", sa.String(length=300), nullable=False),
        sa.Column("email", sa.String(length=320), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("locale", sa.String(length=20), nullable=False),
        sa.Column("reminders_off", sa.Boolean(), nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.ForeignKeyConstraint(["issuer_id"], ["issuers.issuer_id"], name="fk_customers_issuer_id"),
        sa.PrimaryKeyConstraint("customer_id", name="pk_customers"),
        sa.UniqueConstraint("issuer_id", "name", "email", name="uq_customers_identity"),
    )
    op.create_table(
        "staff_sessions",
        sa.Column("secret_sha256", sa.String(length=64), nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("csrf", sa.String(length=64), nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("expires_at", UtcDateTime, nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["staff_users.user_id"], name="fk_staff_sessions_user_id"),
        sa.PrimaryKeyConstraint("secret_sha256", name="pk_staff_sessions"),
    )
    op.create_table(
        "invoices",
        sa.Column("invoice_id", ID, nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("issuer_id", ID, nullable=False),
        sa.Column("customer_id", ID, nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("subtotal", sa.BigInteger(), nullable=False),
        sa.Column("tax_rate", ExactDecimal, nullable=False),
        sa.Column("tax_amount", sa.BigInteger(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("amount_paid", sa.BigInteger(), nullable=False),
        sa.Column("issued_date", sa.Date(), nullable=False),
        sa.Column("due_date", sa.Date(), nullable=False),
        sa.Column(
            "status",
            sa.Enum("draft", "sent", "void", name="invoicestatus", native_enum=False, length=24),
            nullable=False,
        ),
        sa.Column(
            "payment_status",
            sa.Enum(
                "unpaid",
                "partial",
                "processing",
                "paid",
                "refunded",
                "partially_refunded",
                name="paymentstatus",
                native_enum=False,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("import_digest", sa.String(length=64), nullable=False),
        sa.Column("notes", sa.Text(), nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("updated_at", UtcDateTime, nullable=False),
        sa.CheckConstraint("subtotal + tax_amount = total", name="ck_invoices_adds_up"),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.customer_id"], name="fk_invoices_customer_id"),
        sa.ForeignKeyConstraint(["issuer_id"], ["issuers.issuer_id"], name="fk_invoices_issuer_id"),
        sa.PrimaryKeyConstraint("invoice_id", name="pk_invoices"),
        sa.UniqueConstraint("issuer_id", "number", name="uq_invoices_number"),
    )
    op.create_index("ix_invoices_customer_id", "invoices", ["customer_id"], unique=False)
    op.create_index(
        "ix_invoices_status_due", "invoices", ["status", "payment_status", "due_date"], unique=False
    )

    op.create_table(
        "invoice_lines",
        sa.Column("line_id", ID, nullable=False),
        sa.Column("invoice_id", ID, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("quantity", ExactDecimal, nullable=False),
        sa.Column("unit_price", ExactDecimal, nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["invoice_id"], ["invoices.invoice_id"], name="fk_invoice_lines_invoice_id"),
        sa.PrimaryKeyConstraint("line_id", name="pk_invoice_lines"),
        sa.UniqueConstraint("invoice_id", "position", name="uq_invoice_lines_position"),
    )
    op.create_table(
        "payment_attempts",
        sa.Column("attempt_id", ID, nullable=False),
        sa.Column("invoice_id", ID, nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("account", sa.String(length=60), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("intent_id", sa.String(length=80), nullable=True),
        sa.Column("idempotency_key", sa.String(length=120), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "creating",
                "open",
                "processing",
                "succeeded",
                "canceled",
                name="attemptstatus",
                native_enum=False,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("updated_at", UtcDateTime, nullable=False),
        sa.ForeignKeyConstraint(
            ["invoice_id"], ["invoices.invoice_id"], name="fk_payment_attempts_invoice_id"
        ),
        sa.PrimaryKeyConstraint("attempt_id", name="pk_payment_attempts"),
        sa.UniqueConstraint("idempotency_key", name="uq_payment_attempts_idempotency_key"),
        sa.UniqueConstraint("intent_id", name="uq_payment_attempts_intent_id"),
        sa.UniqueConstraint("invoice_id", "generation", name="uq_payment_attempts_generation"),
    )
    op.create_index(
        "uq_payment_attempts_live",
        "payment_attempts",
        ["invoice_id"],
        unique=True,
        postgresql_where=sa.text("status IN ('creating', 'open', 'processing')"),
        sqlite_where=sa.text("status IN ('creating', 'open', 'processing')"),
    )

    op.create_table(
        "payments",
        sa.Column("payment_id", ID, nullable=False),
        sa.Column("invoice_id", ID, nullable=False),
        sa.Column("issuer_id", ID, nullable=False),
        sa.Column("intent_id", sa.String(length=80), nullable=True),
        sa.Column("account", sa.String(length=60), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("method", sa.String(length=80), nullable=False),
        sa.Column("source", sa.String(length=24), nullable=False),
        sa.Column("balance_after", sa.BigInteger(), nullable=False),
        sa.Column("receipt_number", sa.Integer(), nullable=False),
        sa.Column("received_at", UtcDateTime, nullable=False),
        sa.ForeignKeyConstraint(["invoice_id"], ["invoices.invoice_id"], name="fk_payments_invoice_id"),
        sa.ForeignKeyConstraint(["issuer_id"], ["issuers.issuer_id"], name="fk_payments_issuer_id"),
        sa.PrimaryKeyConstraint("payment_id", name="pk_payments"),
        sa.UniqueConstraint("intent_id", name="uq_payments_intent_id"),
        sa.UniqueConstraint("issuer_id", "receipt_number", name="uq_payments_receipt"),
    )
    op.create_index("ix_payments_invoice_id", "payments", ["invoice_id"], unique=False)

    op.create_table(
        "messages",
        sa.Column("message_id", ID, nullable=False),
        sa.Column("dedupe_key", sa.String(length=120), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("invoice_id", ID, nullable=False),
        sa.Column("payment_id", ID, nullable=True),
        sa.Column(
            "state",
            sa.Enum(
                "scheduled",
                "sending",
                "handover",
                "sent",
                "unknown",
                "failed",
                "cancelled",
                "suppressed",
                "bounced",
                name="messagestate",
                native_enum=False,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("next_at", UtcDateTime, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("lease_until", UtcDateTime, nullable=True),
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.Column("header_id", sa.String(length=120), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("sender", sa.String(length=320), nullable=False),
        sa.Column("mime_sha256", sa.String(length=64), nullable=True),
        sa.Column("pdf_sha256", sa.String(length=64), nullable=True),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("settled_at", UtcDateTime, nullable=True),
        sa.ForeignKeyConstraint(["invoice_id"], ["invoices.invoice_id"], name="fk_messages_invoice_id"),
        sa.ForeignKeyConstraint(["mime_sha256"], ["blobs.sha256"], name="fk_messages_mime_sha256"),
        sa.ForeignKeyConstraint(["payment_id"], ["payments.payment_id"], name="fk_messages_payment_id"),
        sa.ForeignKeyConstraint(["pdf_sha256"], ["blobs.sha256"], name="fk_messages_pdf_sha256"),
        sa.PrimaryKeyConstraint("message_id", name="pk_messages"),
        sa.UniqueConstraint("dedupe_key", name="uq_messages_dedupe_key"),
        sa.UniqueConstraint("header_id", name="uq_messages_header_id"),
    )
    op.create_index("ix_messages_due", "messages", ["state", "next_at"], unique=False)
    op.create_index("ix_messages_invoice", "messages", ["invoice_id", "message_id"], unique=False)

    op.create_table(
        "delivery_attempts",
        sa.Column("attempt_id", ID, nullable=False),
        sa.Column("message_id", ID, nullable=False),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("ended_at", UtcDateTime, nullable=False),
        sa.Column("verdict", sa.String(length=24), nullable=False),
        sa.Column("phase", sa.String(length=24), nullable=False),
        sa.Column("code", sa.Integer(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["message_id"], ["messages.message_id"], name="fk_delivery_attempts_message_id"
        ),
        sa.PrimaryKeyConstraint("attempt_id", name="pk_delivery_attempts"),
    )
    op.create_index("ix_delivery_attempts_message_id", "delivery_attempts", ["message_id"], unique=False)

    op.create_table(
        "timeline_events",
        sa.Column("event_id", ID, nullable=False),
        sa.Column("invoice_id", ID, nullable=False),
        sa.Column("message_id", ID, nullable=True),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["invoice_id"], ["invoices.invoice_id"], name="fk_timeline_events_invoice_id"
        ),
        sa.ForeignKeyConstraint(
            ["message_id"], ["messages.message_id"], name="fk_timeline_events_message_id"
        ),
        sa.PrimaryKeyConstraint("event_id", name="pk_timeline_events"),
    )
    op.create_index("ix_timeline_events_invoice", "timeline_events", ["invoice_id", "event_id"], unique=False)


def downgrade() -> None:
    for table in reversed(
        (
            "api_keys",
            "blobs",
            "gateway_events",
            "issuers",
            "staff_users",
            "customers",
            "staff_sessions",
            "invoices",
            "invoice_lines",
            "payment_attempts",
            "payments",
            "messages",
            "delivery_attempts",
            "timeline_events",
        )
    ):
        op.drop_table(table)
