"""Schedules, reminders, gates, bulk sends, bounces and suppressions

Existing invoices get `reminders_from` = now: their past steps are not owed to anybody, so an upgrade sends
no volley of reminders. All new columns have constant defaults, which PostgreSQL adds without a rewrite.
"""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from alembic import op

from paymail.clock import utc_now
from paymail.db import UtcDateTime

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
ACTIVE = sa.text("lifted_at IS NULL")


def text(name: str, default: str = "", length: int | None = None) -> sa.Column[str]:
    kind = sa.String(length) if length else sa.Text()
    return sa.Column(name, kind, nullable=False, server_default=default)


def flag(name: str) -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.false())


def number(name: str, default: int = 0, kind: type[sa.Integer] = sa.Integer) -> sa.Column[int]:
    return sa.Column(name, kind(), nullable=False, server_default=str(default))


def instant(name: str) -> sa.Column[datetime]:
    return sa.Column(name, UtcDateTime, nullable=True)


def upgrade() -> None:
    _new_tables()
    for table, columns in _columns(utc_now().strftime("%Y-%m-%d %H:%M:%S.%f")).items():
        for column in columns:
            op.add_column(table, column)
    _refer_to_bulk_sends()
    op.create_index("ix_invoices_next_reminder_at", "invoices", ["next_reminder_at"])
    op.create_index("ix_messages_bulk", "messages", ["bulk_id", "state"])
    op.drop_index("ix_messages_due", "messages")
    op.create_index("ix_messages_due", "messages", ["state", "urgent", "next_at"])
    _name_gates_of_open_messages()


def _columns(now: str) -> dict[str, list[sa.Column[object]]]:
    stamp = now if op.get_bind().dialect.name == "sqlite" else f"{now}+00"
    return {
        "issuers": [
            text("country", "AU", 2), text("subdivision", "", 12), flag("reminders_off"), text("ladder"),
            text("send_at", "09:00", 5), text("quiet_from", "20:00", 5), text("quiet_until", "08:00", 5),
            number("reminder_minimum", kind=sa.BigInteger), number("reminder_cap", 10),
            text("sender_rate", "", 20),
        ],
        "customers": [text("ladder"), instant("erased_at")],
        "invoices": [
            flag("reminders_off"), text("ladder"),
            sa.Column("reminders_from", UtcDateTime, nullable=False, server_default=stamp),
            sa.Column("next_reminder_at", UtcDateTime, nullable=True, server_default=stamp),
        ],
        "messages": [
            text("step", "", 8), text("tone", "", 12), text("detail"), number("crashes"), flag("urgent"),
            instant("give_up_at"), instant("handed_over_at"), text("sender_gate", "", 40),
            text("destination", "", 255),
        ],
        "blobs": [instant("erased_at")],
        "api_keys": [text("scopes", "read", 120)],
    }  # fmt: skip


def _refer_to_bulk_sends() -> None:
    if op.get_bind().dialect.name == "sqlite":
        # In place: copying the table, as Alembic would, trips over the rows that point at it.
        op.execute(
            "ALTER TABLE messages ADD COLUMN bulk_id INTEGER"
            " CONSTRAINT fk_messages_bulk_id REFERENCES bulk_sends (bulk_id)"
        )
        return
    op.add_column("messages", sa.Column("bulk_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key("fk_messages_bulk_id", "messages", "bulk_sends", ["bulk_id"], ["bulk_id"])


def _name_gates_of_open_messages() -> None:
    domain = (
        "substr(recipient, instr(recipient, '@') + 1)"
        if op.get_bind().dialect.name == "sqlite"
        else "split_part(recipient, '@', 2)"
    )
    op.execute(
        f"UPDATE messages SET destination = lower({domain}), urgent = (kind = 'receipt'),"  # noqa: S608
        " sender_gate = 'sender:' || (SELECT issuer_id FROM invoices"
        " WHERE invoices.invoice_id = messages.invoice_id)"
        " WHERE state IN ('scheduled', 'sending', 'handover', 'unknown')"
    )


def _new_tables() -> None:
    state = sa.Enum("running", "paused", "cancelled", name="bulkstate", native_enum=False, length=24)
    op.create_table(
        "bulk_sends",
        sa.Column("bulk_id", ID, nullable=False),
        sa.Column("state", state, nullable=False),
        sa.Column("request_key", sa.String(80), nullable=True),
        sa.Column("selection", sa.Text(), nullable=False),
        sa.Column("again", sa.Boolean(), nullable=False),
        sa.Column("starts_at", UtcDateTime, nullable=False),
        sa.Column("rate", sa.Integer(), nullable=False),
        sa.Column("cursor", sa.BigInteger(), nullable=False),
        sa.Column("expanded", sa.Boolean(), nullable=False),
        sa.Column("queued", sa.Integer(), nullable=False),
        sa.Column("skipped", sa.Integer(), nullable=False),
        sa.Column("actor", sa.String(120), nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("bulk_id", name="pk_bulk_sends"),
        sa.UniqueConstraint("request_key", name="uq_bulk_sends_request_key"),
    )
    op.create_index("ix_bulk_sends_open", "bulk_sends", ["state", "expanded"])
    op.create_table(
        "gates",
        sa.Column("key", sa.String(300), nullable=False),
        sa.Column("opens_at", UtcDateTime, nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_gates"),
    )
    op.create_index("ix_gates_opens_at", "gates", ["opens_at"])
    op.create_table(
        "suppressions",
        sa.Column("suppression_id", ID, nullable=False),
        sa.Column("address", sa.String(320), nullable=False),
        sa.Column("reason", sa.String(24), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("message_id", ID, nullable=True),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("created_by", sa.String(120), nullable=False),
        sa.Column("lifted_at", UtcDateTime, nullable=True),
        sa.Column("lifted_by", sa.String(120), nullable=False),
        sa.Column("lift_reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["message_id"], ["messages.message_id"], name="fk_suppressions_message_id"),
        sa.PrimaryKeyConstraint("suppression_id", name="pk_suppressions"),
    )
    op.create_index(
        "uq_suppressions_active",
        "suppressions",
        ["address"],
        unique=True,
        postgresql_where=ACTIVE,
        sqlite_where=ACTIVE,
    )
    op.create_table(
        "bounces",
        sa.Column("bounce_id", ID, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("message_id", ID, nullable=True),
        sa.Column("recipient", sa.String(320), nullable=False),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("source", sa.String(24), nullable=False),
        sa.Column("received_at", UtcDateTime, nullable=False),
        sa.ForeignKeyConstraint(["message_id"], ["messages.message_id"], name="fk_bounces_message_id"),
        sa.PrimaryKeyConstraint("bounce_id", name="pk_bounces"),
        sa.UniqueConstraint("digest", name="uq_bounces_digest"),
    )
    op.create_index("ix_bounces_message_id", "bounces", ["message_id"])
    op.create_table(
        "reminder_holds",
        sa.Column("hold_id", ID, nullable=False),
        sa.Column("invoice_id", ID, nullable=False),
        sa.Column("reason", sa.String(24), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("until", UtcDateTime, nullable=True),
        sa.Column("placed_at", UtcDateTime, nullable=False),
        sa.Column("placed_by", sa.String(120), nullable=False),
        sa.Column("lifted_at", UtcDateTime, nullable=True),
        sa.Column("lifted_by", sa.String(120), nullable=False),
        sa.ForeignKeyConstraint(["invoice_id"], ["invoices.invoice_id"], name="fk_reminder_holds_invoice_id"),
        sa.PrimaryKeyConstraint("hold_id", name="pk_reminder_holds"),
    )
    op.create_index("ix_reminder_holds_invoice_id", "reminder_holds", ["invoice_id"])
    op.create_table(
        "heartbeats",
        sa.Column("worker", sa.String(120), nullable=False),
        sa.Column("seen_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("worker", name="pk_heartbeats"),
    )


def downgrade() -> None:
    op.drop_index("ix_messages_due", "messages")
    op.create_index("ix_messages_due", "messages", ["state", "next_at"])
    op.drop_index("ix_messages_bulk", "messages")
    op.drop_index("ix_invoices_next_reminder_at", "invoices")
    if op.get_bind().dialect.name == "postgresql":
        op.drop_constraint("fk_messages_bulk_id", "messages", type_="foreignkey")
    op.drop_column("messages", "bulk_id")
    for table, columns in _columns("").items():
        for column in columns:
            op.drop_column(table, column.name)
    for table in ("heartbeats", "reminder_holds", "bounces", "suppressions", "gates", "bulk_sends"):
        op.drop_table(table)
