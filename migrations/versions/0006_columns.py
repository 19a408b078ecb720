"""Columns for what was read back from texts and keys, and the table of requests with a key

What a message is about, whether it waits for a hold, whose word a hold rests on and how it ended, the
host's address of a customer whose address staff changed, and when a link was replaced stood in texts for
people, in dedupe keys and in the history. Texts and history stay as they are.

The messages are filled in batches of their own transactions, which can be stopped and done again. The rest
is one transaction: it writes few rows.
"""

import hashlib
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from alembic import context, op

from paymail.db import UtcDateTime
from paymail.errors import PaymailError
from paymail.money import Money, to_minor

revision: str = "0006"
down_revision: str | None = "0005"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
DEFAULT_BATCH = 5000
LINK_ENDED = "('link_regenerated', 'link_revoked', 'link_renewed')"


def flag(name: str) -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.false())


def upgrade() -> None:
    with op.get_context().autocommit_block():
        connection = op.get_bind()
        _add_message_columns(connection)
        _fill_messages(connection, context.config.attributes.get("backfill_batch", DEFAULT_BATCH))
    if op.get_bind().dialect.name == "postgresql":
        op.create_foreign_key("fk_messages_refund_id", "messages", "refunds", ["refund_id"], ["refund_id"])
    _fill_what_came_since(op.get_bind())
    _holds()
    _histories()
    _requests()


def _add_message_columns(connection: sa.Connection) -> None:
    present = {column["name"] for column in sa.inspect(connection).get_columns("messages")}
    for column in (
        sa.Column("amount", sa.BigInteger(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        flag("by_hand"),
        flag("held"),
    ):
        if column.name not in present:
            op.add_column("messages", column)
    if "refund_id" in present:
        return
    if connection.dialect.name == "sqlite":
        # In place: copying the table, as Alembic would, trips over the rows that point at it.
        op.execute(
            "ALTER TABLE messages ADD COLUMN refund_id INTEGER"
            " CONSTRAINT fk_messages_refund_id REFERENCES refunds (refund_id)"
        )
    else:
        op.add_column("messages", sa.Column("refund_id", sa.BigInteger(), nullable=True))


def _fill_messages(connection: sa.Connection, batch: int) -> None:
    sqlite = connection.dialect.name == "sqlite"
    following = sa.text(
        "SELECT message_id FROM messages WHERE message_id > :last ORDER BY message_id LIMIT :batch"
    )
    last = -(2**62)
    while ids := list(connection.scalars(following, {"last": last, "batch": batch})):
        between = {"last": last, "upto": ids[-1]}
        if sqlite:
            # One transaction per batch; in autocommit each statement would be a disk sync of its own.
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        connection.execute(_fill_reminders(sqlite), between)
        connection.execute(_FILL_REFUNDS, between)
        _fill_amounts(connection, between)
        if sqlite:
            connection.exec_driver_sql("COMMIT")
        last = ids[-1]


def _fill_what_came_since(connection: sa.Connection) -> None:
    """Fill the rows that somebody wrote while the batches ran, in the transaction that moves the revision."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("LOCK TABLE messages IN SHARE ROW EXCLUSIVE MODE")
    missing = (
        "SELECT message_id FROM messages WHERE (kind = 'reminder' AND due_on IS NULL AND NOT by_hand)"
        " OR (kind = 'refund' AND refund_id IS NULL)"
        " OR (kind = 'payment_failed' AND amount IS NULL AND detail <> '')"
    )
    for message_id in connection.scalars(sa.text(missing)).all():
        between = {"last": message_id - 1, "upto": message_id}
        connection.execute(_fill_reminders(connection.dialect.name == "sqlite"), between)
        connection.execute(_FILL_REFUNDS, between)
        _fill_amounts(connection, between)


def _fill_reminders(sqlite: bool) -> sa.TextClause:
    # A step's key is reminder:<invoice>:<due date>:<step>, that of one by hand reminder:<invoice>:hand:<n>.
    # A day that is none, such as 30 February, stays empty.
    if sqlite:
        day = "substr(dedupe_key, instr(substr(dedupe_key, 10), ':') + 10, 10)"
        shaped = f"{day} GLOB '[12][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]'"
        due_on = f"CASE WHEN {shaped} AND date({day}, '+0 days') = {day} THEN {day} END"
    else:
        day = "split_part(dedupe_key, ':', 3)"
        shaped = f"{day} ~ '^[12][0-9]{{3}}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$'"
        parts = [
            f"CAST(substr({day}, {start}, {length}) AS int)" for start, length in ((1, 4), (6, 2), (9, 2))
        ]
        date = f"(make_date({parts[0]}, {parts[1]}, 1) + {parts[2]} - 1)"
        # Two CASEs: AND may be evaluated in any order, and what is no number cannot be cast.
        due_on = (
            f"CASE WHEN {shaped} THEN CASE WHEN to_char({date}, 'YYYY-MM-DD') = {day} THEN {date} END END"
        )
    return sa.text(
        f"UPDATE messages SET due_on = {due_on}, by_hand = (step = 'hand'),"  # noqa: S608
        " held = (state IN ('scheduled', 'sending') AND reason LIKE 'held: %')"
        " WHERE kind = 'reminder' AND message_id > :last AND message_id <= :upto"
    )


# By the key, refund:<id>: an erased customer's message has lost its detail. Details stay: if this migration
# is stopped half-way, the code before goes on with them.
_FILL_REFUNDS = sa.text(
    "UPDATE messages SET refund_id = (SELECT refund_id FROM refunds"
    " WHERE 'refund:' || CAST(refunds.refund_id AS VARCHAR) = messages.dedupe_key"
    " AND refunds.invoice_id = messages.invoice_id)"
    " WHERE kind = 'refund' AND message_id > :last AND message_id <= :upto"
)


def _fill_amounts(connection: sa.Connection, between: dict[str, int]) -> None:
    found = connection.execute(
        sa.text(
            "SELECT message_id, detail FROM messages WHERE kind = 'payment_failed' AND detail <> ''"
            " AND message_id > :last AND message_id <= :upto"
        ),
        between,
    ).all()
    for message_id, detail in found:
        connection.execute(
            sa.text("UPDATE messages SET amount = :amount WHERE message_id = :id"),
            {"amount": _minor(detail), "id": message_id},
        )


def _minor(text: str) -> int | None:
    """Read an amount such as `AUD 1,234.50`; an erased customer's is gone, and another text is none."""
    currency, _, amount = text.partition(" ")
    try:
        return to_minor(Decimal(amount.replace(",", "")), currency) if amount else None
    except (ArithmeticError, PaymailError):
        return None


def _holds() -> None:
    op.add_column(
        "reminder_holds", sa.Column("origin", sa.String(24), nullable=False, server_default="staff")
    )
    op.add_column("reminder_holds", sa.Column("ended", sa.String(24), nullable=True))
    op.execute(
        "UPDATE reminder_holds SET origin = CASE"
        " WHEN placed_by = 'customer' AND reason IN ('promised', 'claimed') THEN 'customer'"
        " WHEN placed_by = 'stripe' AND reason = 'disputed' THEN 'stripe'"
        " WHEN placed_by IN ('mailbox', 'http', 'cli', 'relay log') AND reason = 'bounced' THEN 'bounce'"
        " ELSE 'staff' END"
    )
    # A hold is lifted and its release recorded at the same instant, in one transaction.
    release = (
        "EXISTS (SELECT 1 FROM timeline_events AS e WHERE e.invoice_id = reminder_holds.invoice_id"
        " AND e.kind = 'reminders_released' AND e.at = reminder_holds.lifted_at AND e.detail = "
    )
    op.execute(
        f"UPDATE reminder_holds SET ended = CASE WHEN {release}'all holds') THEN 'all_lifted'"  # noqa: S608
        f" WHEN {release}reminder_holds.reason) THEN 'lifted' ELSE 'replaced' END"
        " WHERE lifted_at IS NOT NULL"
    )


def _histories() -> None:
    op.add_column("timeline_events", flag("quotes_customer"))
    op.add_column("invoices", sa.Column("link_replaced_at", UtcDateTime, nullable=True))
    op.add_column("customers", sa.Column("host_email", sa.String(320), nullable=True))
    op.execute(
        "UPDATE timeline_events SET quotes_customer = TRUE WHERE actor = 'customer'"
        " AND kind = 'reminders_held'"
    )
    op.execute(
        "UPDATE invoices SET link_replaced_at = (SELECT max(at) FROM timeline_events"  # noqa: S608
        f" WHERE timeline_events.invoice_id = invoices.invoice_id AND kind IN {LINK_ENDED})"
        f" WHERE invoice_id IN (SELECT invoice_id FROM timeline_events WHERE kind IN {LINK_ENDED})"
    )
    _fill_host_addresses(op.get_bind())


def _fill_host_addresses(connection: sa.Connection) -> None:
    """The first change by staff names the address that the host had given: `from <old> to <new>`."""
    changes = connection.execute(
        sa.text(
            "SELECT invoices.customer_id, timeline_events.detail FROM timeline_events"
            " JOIN invoices ON invoices.invoice_id = timeline_events.invoice_id"
            " JOIN customers ON customers.customer_id = invoices.customer_id"
            " WHERE timeline_events.kind = 'customer_address_changed' AND customers.erased_at IS NULL"
            " ORDER BY timeline_events.event_id DESC"
        )
    )
    first: dict[int, str] = {}
    for customer_id, detail in changes:
        old, arrow, _new = detail.removeprefix("from ").rpartition(" to ")
        if detail.startswith("from ") and arrow and len(old) <= 320:
            first[customer_id] = old
    for customer_id, old in first.items():
        connection.execute(
            sa.text("UPDATE customers SET host_email = :old WHERE customer_id = :id"),
            {"old": old, "id": customer_id},
        )


def _requests() -> None:
    op.create_table(
        "requests",
        sa.Column("request_id", ID, nullable=False),
        sa.Column("scope", sa.String(40), nullable=False),
        sa.Column("key_digest", sa.String(32), nullable=False),
        sa.Column("content_digest", sa.String(32), nullable=False),
        sa.Column("message_id", ID, nullable=True),
        sa.Column("bulk_id", ID, nullable=True),
        sa.Column("payment_id", ID, nullable=True),
        sa.Column("refund_id", ID, nullable=True),
        sa.Column("actor", sa.String(120), nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.ForeignKeyConstraint(["message_id"], ["messages.message_id"], name="fk_requests_message_id"),
        sa.ForeignKeyConstraint(["bulk_id"], ["bulk_sends.bulk_id"], name="fk_requests_bulk_id"),
        sa.ForeignKeyConstraint(["payment_id"], ["payments.payment_id"], name="fk_requests_payment_id"),
        sa.ForeignKeyConstraint(["refund_id"], ["refunds.refund_id"], name="fk_requests_refund_id"),
        sa.PrimaryKeyConstraint("request_id", name="pk_requests"),
        sa.UniqueConstraint("scope", "key_digest", name="uq_requests_key"),
    )
    op.execute(
        "INSERT INTO requests (scope, key_digest, content_digest, message_id, actor, created_at)"
        " SELECT 'invoice_email:' || CAST(invoice_id AS VARCHAR), substr(detail, 1, 32),"
        " substr(detail, 34, 32), message_id, actor, at FROM timeline_events WHERE event_id IN"
        " (SELECT min(event_id) FROM timeline_events WHERE kind = 'send_requested'"
        " AND message_id IS NOT NULL AND length(detail) = 65 GROUP BY invoice_id, substr(detail, 1, 32))"
    )
    op.execute(
        "INSERT INTO requests (scope, key_digest, content_digest, message_id, actor, created_at)"
        " SELECT 'receipt:' || CAST(payment_id AS VARCHAR), substr(dedupe_key, length(dedupe_key) - 31), '',"
        " message_id, actor, created_at FROM messages"
        " WHERE kind = 'receipt' AND dedupe_key LIKE 'receipt:%:asked:%'"
    )
    _carry_over(_PAYMENTS, "manual_payment", "payment_id", _payment_content)
    _carry_over(_REFUNDS, "refund", "refund_id", _refund_content)
    _carry_over(_BULK_SENDS, "bulk_send", "bulk_id", _bulk_content)


# Who recorded a payment stands beside its receipt.
_PAYMENTS = (
    "SELECT p.payment_id AS id, p.request_key, p.received_at AS created_at, p.invoice_id, p.amount,"
    " p.channel, p.paid_on, p.reference, COALESCE(m.actor, 'staff') AS actor FROM payments AS p"
    " LEFT JOIN messages AS m ON m.dedupe_key = 'receipt:payment:' || CAST(p.payment_id AS VARCHAR)"
    " WHERE p.request_key IS NOT NULL"
)
_REFUNDS = (
    "SELECT refund_id AS id, request_key, created_at, payment_id, amount, channel, reason, actor"
    " FROM refunds WHERE request_key IS NOT NULL"
)
# The keys of pages are random, have no colon, and stay in their column only.
_BULK_SENDS = (
    "SELECT bulk_id AS id, request_key, created_at, selection, rate, again, starts_at, actor"
    " FROM bulk_sends WHERE request_key LIKE '%:%'"
)
Row = sa.Row[Any]


def _payment_content(row: Row) -> list[object]:
    return [row.invoice_id, row.amount, row.channel, row.paid_on, row.reference]


def _refund_content(row: Row) -> list[object]:
    return [row.payment_id, row.amount, row.channel, row.reason]


def _bulk_content(row: Row) -> list[object]:
    starts_at = row.starts_at.isoformat(timespec="microseconds")
    return [row.selection, row.rate, bool(row.again), starts_at]


def _carry_over(query: str, scope: str, column: str, content: Callable[[Row], list[object]]) -> None:
    insert = sa.text(
        f"INSERT INTO requests (scope, key_digest, content_digest, {column}, actor, created_at)"  # noqa: S608
        " VALUES (:scope, :key, :content, :id, :actor, :created_at)"
    ).bindparams(sa.bindparam("created_at", type_=UtcDateTime))
    typed = sa.text(query).columns(created_at=UtcDateTime, starts_at=UtcDateTime, paid_on=sa.Date)
    for rows in op.get_bind().execute(typed).partitions(1000):
        values = [
            {
                "scope": scope,
                "key": _digest(row.request_key),
                "content": _digest("\n".join(map(str, content(row)))),
                "id": row.id,
                "actor": row.actor,
                "created_at": row.created_at,
            }
            for row in rows
        ]
        op.get_bind().execute(insert, values)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:32]


def downgrade() -> None:
    # The code before looks for the keys of sending in the history, and for the others beside what they made.
    op.execute(
        "INSERT INTO timeline_events (invoice_id, message_id, at, actor, kind, detail, quotes_customer)"
        " SELECT m.invoice_id, r.message_id, r.created_at, r.actor, 'send_requested',"
        " r.key_digest || ' ' || r.content_digest, FALSE FROM requests AS r"
        " JOIN messages AS m ON m.message_id = r.message_id WHERE r.scope LIKE 'invoice_email:%'"
        " AND NOT EXISTS (SELECT 1 FROM timeline_events AS e WHERE e.invoice_id = m.invoice_id"
        " AND e.kind = 'send_requested' AND e.detail LIKE r.key_digest || '%')"
    )
    op.drop_table("requests")
    _restore_details(op.get_bind())
    if op.get_bind().dialect.name == "postgresql":
        op.drop_constraint("fk_messages_refund_id", "messages", type_="foreignkey")
    for table, names in {
        "messages": ("refund_id", "amount", "due_on", "by_hand", "held"),
        "reminder_holds": ("origin", "ended"),
        "timeline_events": ("quotes_customer",),
        "invoices": ("link_replaced_at",),
        "customers": ("host_email",),
    }.items():
        for name in names:
            op.drop_column(table, name)


def _restore_details(connection: sa.Connection) -> None:
    op.execute(
        "UPDATE messages SET detail = CAST(refund_id AS VARCHAR)"
        " WHERE kind = 'refund' AND refund_id IS NOT NULL"
    )
    failed = connection.execute(
        sa.text(
            "SELECT message_id, amount, currency FROM messages"
            " JOIN invoices ON invoices.invoice_id = messages.invoice_id"
            " WHERE kind = 'payment_failed' AND amount IS NOT NULL"
        )
    ).all()
    for message_id, amount, currency in failed:
        connection.execute(
            sa.text("UPDATE messages SET detail = :detail WHERE message_id = :id"),
            {"detail": str(Money(amount, currency)), "id": message_id},
        )
