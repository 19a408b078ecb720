"""Which paid invoice went along with a receipt, and what a payment that failed was made with, and when."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from paymail.db.columns import add_missing

revision: str = "0037"
down_revision: str | None = "0036"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

COLUMNS = (
    ("messages", lambda: sa.Column("enclosed_sha256", sa.String(64), nullable=True)),
    ("messages", lambda: sa.Column("failed_method", sa.String(80), nullable=False, server_default="")),
    ("messages", lambda: sa.Column("failed_on", sa.Date(), nullable=True)),
)


def upgrade() -> None:
    with op.get_context().autocommit_block():
        add_missing(COLUMNS)


def downgrade() -> None:
    for table, column in reversed(COLUMNS):
        op.drop_column(table, column().name)
