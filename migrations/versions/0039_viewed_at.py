"""When a person first acted on an invoice's pay page. Acts of before are told by what they left behind.

What an interrupted run has done is left out.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from paymail.db import UtcDateTime
from paymail.db.columns import add_missing

revision: str = "0039"
down_revision: str | None = "0038"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    with op.get_context().autocommit_block():
        add_missing([("invoices", lambda: sa.Column("viewed_at", UtcDateTime, nullable=True))])


def downgrade() -> None:
    op.drop_column("invoices", "viewed_at")
