"""What customers say is wrong with invoices, and the codes by which papers are verified

Invoices of before are given a code each, in batches of their own transactions, which can be stopped and done
again. Where code of before goes on writing invoices, those have none, and none is printed on them.
"""

import secrets
from collections.abc import Sequence

import sqlalchemy as sa
from alembic import context, op

from paymail.db.columns import add_missing

revision: str = "0028"
down_revision: str | None = "0026"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
DEFAULT_BATCH = 2000
LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""As in paymail/clock.py when this was written."""
OPEN = sa.text("closed_at IS NULL")


def upgrade() -> None:
    if "objections" not in sa.inspect(op.get_bind()).get_table_names():
        _make_objections()
    with op.get_context().autocommit_block():
        add_missing([("invoices", lambda: sa.Column("verify_code", sa.String(10), nullable=True))])
        _give_codes(op.get_bind(), context.config.attributes.get("backfill_batch", DEFAULT_BATCH))


def _make_objections() -> None:
    op.create_table(
        "objections",
        sa.Column("objection_id", ID, nullable=False),
        sa.Column("invoice_id", ID, nullable=False),
        sa.Column("reason", sa.String(24), nullable=False),
        sa.Column("positions", sa.String(200), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("answer_to", sa.String(320), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.String(120), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["invoice_id"], ["invoices.invoice_id"], "fk_objections_invoice_id"),
        sa.PrimaryKeyConstraint("objection_id", name="pk_objections"),
    )
    op.create_index("ix_objections_invoice_id", "objections", ["invoice_id"])
    op.create_index(
        "uq_objections_open",
        "objections",
        ["invoice_id"],
        unique=True,
        postgresql_where=OPEN,
        sqlite_where=OPEN,
    )


def _give_codes(connection: sa.Connection, batch: int) -> None:
    following = sa.text(
        "SELECT invoice_id FROM invoices WHERE invoice_id > :last AND verify_code IS NULL"
        " AND payment_token IS NOT NULL ORDER BY invoice_id LIMIT :batch"
    )
    give = sa.text("UPDATE invoices SET verify_code = :code WHERE invoice_id = :id AND verify_code IS NULL")
    last = -(2**62)
    while rows := connection.execute(following, {"last": last, "batch": batch}).scalars().all():
        connection.execute(give, [{"id": found, "code": _code()} for found in rows])
        last = rows[-1]


def _code() -> str:
    return "".join(secrets.choice(LETTERS) for _ in range(10))


def downgrade() -> None:
    op.drop_column("invoices", "verify_code")
    op.drop_table("objections")
