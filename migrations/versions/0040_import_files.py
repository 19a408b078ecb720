"""Files that staff gave to import, kept between their check and their import."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from paymail.db import UtcDateTime

revision: str = "0040"
down_revision: str | None = "0039"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "import_files",
        sa.Column("file_id", _ID, nullable=False),
        sa.Column("issuer_id", _ID, nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("actor", sa.String(120), nullable=False),
        sa.Column("received_at", UtcDateTime, nullable=False),
        sa.Column("state", sa.String(24), nullable=False),
        sa.Column("reading", sa.Text(), nullable=False),
        sa.Column("job", sa.String(36), nullable=False),
        sa.Column("worked_at", UtcDateTime, nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("findings", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("import_id", _ID, nullable=True),
        sa.PrimaryKeyConstraint("file_id", name="pk_import_files"),
        sa.ForeignKeyConstraint(["issuer_id"], ["issuers.issuer_id"], name="fk_import_files_issuer_id"),
        sa.ForeignKeyConstraint(["import_id"], ["imports.import_id"], name="fk_import_files_import_id"),
        if_not_exists=True,
    )
    op.create_table(
        "import_file_parts",
        sa.Column("file_id", _ID, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("file_id", "position", name="pk_import_file_parts"),
        sa.ForeignKeyConstraint(["file_id"], ["import_files.file_id"], name="fk_import_file_parts_file_id"),
        if_not_exists=True,
    )


def downgrade() -> None:
    op.drop_table("import_file_parts")
    op.drop_table("import_files")
