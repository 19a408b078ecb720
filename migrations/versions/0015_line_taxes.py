"""Tax per line, and how far a host's rounding is from ours.

Rows of before follow their invoice's rate, and what they were rounded by is not known: 0.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from paymail.db import ExactDecimal

revision: str = "0015"
down_revision: str | None = "0014"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column(
        "invoices", sa.Column("rounding_difference", sa.BigInteger(), nullable=False, server_default="0")
    )
    op.add_column("invoice_lines", sa.Column("tax_rate", ExactDecimal, nullable=True))
    op.add_column("invoice_lines", sa.Column("tax_category", sa.String(2), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("invoice_lines", "tax_category")
    op.drop_column("invoice_lines", "tax_rate")
    op.drop_column("invoices", "rounding_difference")
