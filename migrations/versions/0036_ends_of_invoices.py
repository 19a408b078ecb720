"""When an invoice was voided, and when what it lacked was last written off: both stood in its history only.

What an interrupted run has done is left out.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from paymail.db import UtcDateTime
from paymail.db.columns import add_missing

revision: str = "0036"
down_revision: str | None = "0034"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

ENDS = (
    ("voided_at", "voided", "status = 'void'"),
    ("written_off_at", "written_off", "amount_written_off > 0"),
)


def upgrade() -> None:
    with op.get_context().autocommit_block():
        add_missing([("invoices", lambda: sa.Column("voided_at", UtcDateTime, nullable=True))])
        add_missing([("invoices", lambda: sa.Column("written_off_at", UtcDateTime, nullable=True))])
        for column, kind, ended in ENDS:
            # Few invoices end so: one statement for all of them is short.
            op.execute(
                f"UPDATE invoices SET {column} = (SELECT MAX(at) FROM timeline_events"  # noqa: S608 - our own names
                f" WHERE timeline_events.invoice_id = invoices.invoice_id AND kind = '{kind}')"
                f" WHERE {ended} AND {column} IS NULL"
            )


def downgrade() -> None:
    for column, _kind, _ended in reversed(ENDS):
        op.drop_column("invoices", column)
