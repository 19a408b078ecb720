"""Which request caused an email, an event, a bulk send or a refund: the id in the log lines about it.

Rows of before, and those that the code before still writes, have none. Adding such a column does not rewrite
the table on PostgreSQL 11 and later, nor on SQLite. Each table has a transaction of its own: locks on several
at once could wait for a worker that waits for one of them. What an interrupted run has done is left out.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0008"
down_revision: str | None = "0007"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

TABLES = ("messages", "gateway_events", "bulk_sends", "refunds")


def upgrade() -> None:
    with op.get_context().autocommit_block():
        for table in TABLES:
            present = {column["name"] for column in sa.inspect(op.get_bind()).get_columns(table)}
            if "request_id" not in present:
                op.add_column(
                    table, sa.Column("request_id", sa.String(64), nullable=False, server_default="")
                )


def downgrade() -> None:
    for table in TABLES:
        op.drop_column(table, "request_id")
