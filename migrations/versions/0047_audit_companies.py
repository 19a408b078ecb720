"""The audit log says which company an act concerned; cells of a file to import are corrected on its page."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

revision: str = "0047"
down_revision: str | None = "0046"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    _add("audit_entries", sa.Column("issuer_id", big, nullable=True))
    _add("import_files", sa.Column("corrections", sa.Text(), nullable=False, server_default=""))


def _add(table: str, column: sa.Column[Any]) -> None:
    """Add a column, unless a run that was stopped has."""
    if column.name not in {one["name"] for one in sa.inspect(op.get_bind()).get_columns(table)}:
        op.add_column(table, column)


def downgrade() -> None:
    op.drop_column("import_files", "corrections")
    op.drop_column("audit_entries", "issuer_id")
