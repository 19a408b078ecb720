"""What the company pages set and show: legal name, website, and what DNS said of the sender's domain.

What an interrupted run has done is left out.
"""

from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

from paymail.db.columns import add_missing

revision: str = "0043"
down_revision: str | None = "0042"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def _text(name: str, kind: sa.types.TypeEngine[Any]) -> Callable[[], sa.Column[Any]]:
    return lambda: sa.Column(name, kind, nullable=False, server_default="")


COLUMNS: tuple[tuple[str, Callable[[], sa.Column[Any]]], ...] = (
    ("issuers", _text("legal_name", sa.String(300))),
    ("issuers", _text("website", sa.String(200))),
    ("issuers", _text("sender_findings", sa.Text())),
)


def upgrade() -> None:
    with op.get_context().autocommit_block():
        add_missing(COLUMNS)


def downgrade() -> None:
    for table, build in reversed(COLUMNS):
        op.drop_column(table, build().name)
