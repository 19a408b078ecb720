"""Statements of account that go out once a month."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from paymail.db.columns import add_missing

revision: str = "0056"
down_revision: str | None = "0055"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

COLUMNS = (
    ("issuers", lambda: sa.Column("statement_day", sa.Integer(), nullable=True)),
    ("issuers", lambda: sa.Column("statements_done", sa.Date(), nullable=True)),
    ("issuers", lambda: sa.Column("statements_after", sa.BigInteger(), nullable=False, server_default="0")),
)


def upgrade() -> None:
    with op.get_context().autocommit_block():
        add_missing(COLUMNS)


def downgrade() -> None:
    for table, column in reversed(COLUMNS):
        op.drop_column(table, column().name)
