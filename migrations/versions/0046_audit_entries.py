"""The audit log, which the database itself refuses to change."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0046"
down_revision: str | None = "0045"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

INDEXES = {"at": ["at", "entry_id"], "who": ["who", "entry_id"], "object": ["object", "entry_id"]}
FUNCTION = """
CREATE OR REPLACE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'the audit log is append-only'; END $$
"""
ON_SERVER = {
    "audit_entries_append_only": "BEFORE UPDATE OR DELETE ON audit_entries FOR EACH ROW",
    "audit_entries_no_truncate": "BEFORE TRUNCATE ON audit_entries FOR EACH STATEMENT",
}
IN_FILE = (
    "CREATE TRIGGER IF NOT EXISTS audit_entries_no_{verb} BEFORE {verb} ON audit_entries"
    " BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END"
)


def upgrade() -> None:
    op.create_table(
        "audit_entries",
        sa.Column("entry_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("who", sa.String(320), nullable=False),
        sa.Column("door", sa.String(12), nullable=False),
        sa.Column("act", sa.String(80), nullable=False),
        sa.Column("object", sa.String(80), nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("old", sa.Text(), nullable=False),
        sa.Column("new", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("entry_id", name="pk_audit_entries"),
        if_not_exists=True,
    )
    for name, columns in INDEXES.items():
        op.create_index(f"ix_audit_entries_{name}", "audit_entries", columns, if_not_exists=True)
    if op.get_bind().dialect.name == "postgresql":
        op.execute(FUNCTION)
        for name, when in ON_SERVER.items():
            op.execute(f"DROP TRIGGER IF EXISTS {name} ON audit_entries")
            op.execute(f"CREATE TRIGGER {name} {when} EXECUTE FUNCTION refuse_audit_change()")
    else:
        for verb in ("update", "delete"):
            op.execute(IN_FILE.format(verb=verb))


def downgrade() -> None:
    op.drop_table("audit_entries")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION refuse_audit_change()")
