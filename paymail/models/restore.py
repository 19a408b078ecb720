"""A database that was restored from a backup: what is on hold until it agrees with the world again."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from paymail.db import UtcDateTime
from paymail.models.base import Base, BigId


class Restore(Base):
    """One restore. Until `mail_opened_at` nothing is mailed, until `payments_opened_at` nothing is charged or
    refunded."""

    __tablename__ = "restores"

    restore_id: Mapped[int] = mapped_column(BigId, primary_key=True)
    restored_at: Mapped[datetime] = mapped_column(UtcDateTime)
    """When paymail was told of it."""
    since: Mapped[datetime] = mapped_column(UtcDateTime)
    """Stripe may have intents from here on that the books do not: well before the backup was taken."""
    unchecked_from: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """Messages written from here on may have been sent before the restore, and are not marked yet; empty: all
    are. A run that is killed leaves it for the next one."""
    reconciled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When the last run ended well; empty: nothing may be opened."""
    adopted: Mapped[int] = mapped_column(default=0)
    """Payments that were made after the backup and were found at Stripe."""
    doubtful: Mapped[int] = mapped_column(default=0)
    """Messages that were marked as unknown."""
    mail_opened_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    payments_opened_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
