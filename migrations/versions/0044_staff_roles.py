"""Roles of staff, for all issuers or single ones, and API keys of one issuer

Whoever could sign in before may do everything: they are admins of all issuers.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0044"
down_revision: str | None = "0043"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_EVERYWHERE = sa.text("issuer_id IS NULL")


def upgrade() -> None:
    big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "staff_roles",
        sa.Column("role_id", big, nullable=False),
        sa.Column("user_id", big, nullable=False),
        sa.Column("issuer_id", big, nullable=True),
        sa.Column("role", sa.String(24), nullable=False),
        sa.PrimaryKeyConstraint("role_id", name="pk_staff_roles"),
        sa.ForeignKeyConstraint(["user_id"], ["staff_users.user_id"], name="fk_staff_roles_user_id"),
        sa.ForeignKeyConstraint(["issuer_id"], ["issuers.issuer_id"], name="fk_staff_roles_issuer_id"),
        sa.UniqueConstraint("user_id", "issuer_id", name="uq_staff_roles_issuer"),
        if_not_exists=True,
    )
    op.create_index(
        "uq_staff_roles_everywhere",
        "staff_roles",
        ["user_id"],
        unique=True,
        postgresql_where=_EVERYWHERE,
        sqlite_where=_EVERYWHERE,
        if_not_exists=True,
    )
    op.execute(
        "INSERT INTO staff_roles (user_id, issuer_id, role) SELECT user_id, NULL, 'admin' FROM staff_users"
        " WHERE user_id NOT IN (SELECT user_id FROM staff_roles)"
    )
    columns = {column["name"] for column in sa.inspect(op.get_bind()).get_columns("api_keys")}
    if "issuer_id" not in columns:
        op.add_column("api_keys", sa.Column("issuer_id", big, nullable=True))


def downgrade() -> None:
    op.drop_column("api_keys", "issuer_id")
    op.drop_table("staff_roles")
