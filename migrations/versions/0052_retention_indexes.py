"""Indexes by which retention finds old contents and who needs them, and the reconciler an account's own."""

from collections.abc import Sequence

from paymail.db.indexes import build_index, drop_index

revision: str = "0052"
down_revision: str | None = "0051"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

OF_MESSAGES = {
    "ix_messages_mime": "mime_sha256",
    "ix_messages_pdf": "pdf_sha256",
    "ix_messages_enclosed": "enclosed_sha256",
}


def upgrade() -> None:
    for name, column in OF_MESSAGES.items():
        build_index(name, "messages", [column], where=f"{column} IS NOT NULL")
    build_index("ix_blobs_kept", "blobs", ["created_at", "sha256"], where="erased_at IS NULL")
    build_index("ix_payment_attempts_account", "payment_attempts", ["account", "created_at"])
    build_index("ix_payments_account", "payments", ["account", "received_at"])


def downgrade() -> None:
    drop_index("ix_payments_account", "payments")
    drop_index("ix_payment_attempts_account", "payment_attempts")
    drop_index("ix_blobs_kept", "blobs")
    for name in OF_MESSAGES:
        drop_index(name, "messages")
