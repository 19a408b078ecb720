"""Profiles for imports that somebody saved."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from paymail.db import UtcDateTime

revision: str = "0021"
down_revision: str | None = "0020"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "import_profiles",
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("issuer_id", ID, nullable=True),
        sa.Column("definition", sa.Text(), nullable=False),
        sa.Column("saved_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_import_profiles"),
        sa.ForeignKeyConstraint(["issuer_id"], ["issuers.issuer_id"], name="fk_import_profiles_issuer_id"),
        if_not_exists=True,
    )


def downgrade() -> None:
    op.drop_table("import_profiles")
