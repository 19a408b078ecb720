"""The indexes by which the audit log is filtered by act and by company."""

from collections.abc import Sequence

from paymail.db.indexes import build_index, drop_index

revision: str = "0048"
down_revision: str | None = "0047"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

INDEXES = {"act": ["act", "entry_id"], "issuer": ["issuer_id", "entry_id"]}


def upgrade() -> None:
    for name, columns in INDEXES.items():
        build_index(f"ix_audit_entries_{name}", "audit_entries", columns)


def downgrade() -> None:
    for name in INDEXES:
        drop_index(f"ix_audit_entries_{name}", "audit_entries")
