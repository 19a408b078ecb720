"""Where each sync tells its host, so that no two tell at the same place."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0024"
down_revision: str | None = "0023"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("host_syncs", sa.Column("told_to", sa.String(600), nullable=True))


def downgrade() -> None:
    op.drop_column("host_syncs", "told_to")
