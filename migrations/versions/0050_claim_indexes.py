"""The index by which messages are claimed, and one for those that wait no longer, in place of the old one."""

from collections.abc import Sequence

from paymail.db.indexes import build_index, drop_index

revision: str = "0050"
down_revision: str | None = "0049"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    columns = ["urgent", "next_at", "message_id"]
    build_index("ix_messages_scheduled", "messages", columns, where="state = 'scheduled'")
    build_index("ix_messages_out", "messages", ["state", "message_id"], where="state <> 'scheduled'")
    drop_index("ix_messages_due", "messages")


def downgrade() -> None:
    build_index("ix_messages_due", "messages", ["state", "urgent", "next_at"])
    drop_index("ix_messages_out", "messages")
    drop_index("ix_messages_scheduled", "messages")
