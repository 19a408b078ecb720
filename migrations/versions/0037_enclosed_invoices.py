"""Which paid invoice went along with a receipt."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from paymail.db.columns import add_missing

revision: str = "0037"
down_revision: str | None = "0036"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    with op.get_context().autocommit_block():
        add_missing([("messages", lambda: sa.Column("enclosed_sha256", sa.String(64), nullable=True))])


def downgrade() -> None:
    op.drop_column("messages", "enclosed_sha256")
