"""What an invoice's credit notes had taken off before each; unknown for those of before."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from paymail.db.columns import add_missing

revision: str = "0038"
down_revision: str | None = "0037"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    with op.get_context().autocommit_block():
        add_missing([("refunds", lambda: sa.Column("credited_before", sa.BigInteger(), nullable=True))])


def downgrade() -> None:
    op.drop_column("refunds", "credited_before")
