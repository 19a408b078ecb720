"""What customers see of an issuer, who a customer's invoices are for, and the tax in Australian dollars.

Phone, colour, logo, terms, footer and bank account of an issuer; whose attention an invoice is for.
Each statement has a transaction of its own: locks on several tables at once could wait for a worker that
waits for one of them. What an interrupted run has done is left out.
"""

from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

from paymail.db import UtcDateTime
from paymail.db.columns import add_missing

revision: str = "0025"
down_revision: str | None = "0024"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def _text(name: str, kind: sa.types.TypeEngine[Any]) -> Callable[[], sa.Column[Any]]:
    return lambda: sa.Column(name, kind, nullable=False, server_default="")


COLUMNS: tuple[tuple[str, Callable[[], sa.Column[Any]]], ...] = (
    ("issuers", _text("phone", sa.String(40))),
    ("issuers", _text("tax_label", sa.String(30))),
    ("issuers", _text("colour", sa.String(7))),
    ("issuers", lambda: sa.Column("logo_sha256", sa.String(64), nullable=True)),
    ("issuers", _text("terms", sa.Text())),
    ("issuers", _text("footer", sa.Text())),
    ("issuers", _text("bank_holder", sa.String(140))),
    ("issuers", _text("bank_name", sa.String(140))),
    ("issuers", _text("bank_bsb", sa.String(7))),
    ("issuers", _text("bank_number", sa.String(40))),
    ("issuers", _text("bank_payid", sa.String(256))),
    ("issuers", _text("bank_iban", sa.String(34))),
    ("issuers", _text("bank_bic", sa.String(11))),
    ("issuers", lambda: sa.Column("bank_since", sa.Date(), nullable=True)),
    ("customers", _text("attention", sa.String(200))),
    ("invoices", lambda: sa.Column("tax_aud", sa.BigInteger(), nullable=False, server_default="0")),
)


def upgrade() -> None:
    with op.get_context().autocommit_block():
        op.create_table(
            "issuer_logos",
            sa.Column("sha256", sa.String(64), nullable=False),
            sa.Column("content", sa.LargeBinary(), nullable=False),
            sa.Column("created_at", UtcDateTime, nullable=False),
            sa.PrimaryKeyConstraint("sha256", name="pk_issuer_logos"),
            if_not_exists=True,
        )
        add_missing(COLUMNS)


def downgrade() -> None:
    for table, column in reversed(COLUMNS):
        op.drop_column(table, column().name)
    op.drop_table("issuer_logos")
