"""When a card was declined last: old declines do not close a page."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from paymail.db import UtcDateTime

revision: str = "0005"
down_revision: str | None = "0004"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("payment_attempts", sa.Column("declined_at", UtcDateTime, nullable=True))


def downgrade() -> None:
    op.drop_column("payment_attempts", "declined_at")
