"""Addresses that must not be mailed, and the reports that said so."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from paymail.db import UtcDateTime
from paymail.models.base import Base, BigId, index_where_given

_ACTIVE = text("lifted_at IS NULL")


class Suppression(Base):
    """An address that must not be mailed, and why. Lifting keeps the row: it is a record."""

    __tablename__ = "suppressions"
    __table_args__ = (
        Index(
            "uq_suppressions_active", "address", unique=True, postgresql_where=_ACTIVE, sqlite_where=_ACTIVE
        ),
        index_where_given("ix_suppressions_message", "message_id"),
    )

    suppression_id: Mapped[int] = mapped_column(BigId, primary_key=True)
    address: Mapped[str] = mapped_column(String(320))
    """Lower case, domain in IDNA."""
    reason: Mapped[str] = mapped_column(String(24))
    detail: Mapped[str] = mapped_column(Text, default="")
    message_id: Mapped[int | None] = mapped_column(ForeignKey("messages.message_id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_by: Mapped[str] = mapped_column(String(120))
    lifted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    lifted_by: Mapped[str] = mapped_column(String(120), default="")
    lift_reason: Mapped[str] = mapped_column(Text, default="")


class Bounce(Base):
    """One report about a message that came in: a DSN or a relay's log line. Unique by the report's digest."""

    __tablename__ = "bounces"

    bounce_id: Mapped[int] = mapped_column(BigId, primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    message_id: Mapped[int | None] = mapped_column(ForeignKey("messages.message_id"), index=True)
    """Empty: the report names no message of ours, and nothing was done."""
    recipient: Mapped[str] = mapped_column(String(320), default="")
    kind: Mapped[str] = mapped_column(String(12))
    """hard, soft, delivered, complaint or unmatched."""
    status: Mapped[str] = mapped_column(String(16), default="")
    """Enhanced status code (RFC 3463)."""
    detail: Mapped[str] = mapped_column(Text, default="")
    source: Mapped[str] = mapped_column(String(24))
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
