"""What people and programs did, one row each; nothing changes or removes a row."""

from datetime import datetime

from sqlalchemy import Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from paymail.db import UtcDateTime
from paymail.models.base import Base, BigId


class AuditEntry(Base):
    """One act. The database itself refuses to change or delete it (a trigger)."""

    __tablename__ = "audit_entries"
    __table_args__ = (
        Index("ix_audit_entries_at", "at", "entry_id"),
        Index("ix_audit_entries_who", "who", "entry_id"),
        Index("ix_audit_entries_object", "object", "entry_id"),
        Index("ix_audit_entries_act", "act", "entry_id"),
        Index("ix_audit_entries_issuer", "issuer_id", "entry_id"),
    )

    entry_id: Mapped[int] = mapped_column(BigId, primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    who: Mapped[str] = mapped_column(String(320))
    """A person's address, a key's name and prefix, or the user of the command line."""
    door: Mapped[str] = mapped_column(String(12))
    """`page`, `api` or `cli`."""
    act: Mapped[str] = mapped_column(String(80))
    object: Mapped[str] = mapped_column(String(80), default="")
    """What it was done to, such as `invoice 502`."""
    name: Mapped[str] = mapped_column(String(80), default="")
    """Which setting or field, if one was changed."""
    old: Mapped[str] = mapped_column(Text, default="")
    new: Mapped[str] = mapped_column(Text, default="")
    issuer_id: Mapped[int | None] = mapped_column(BigId)
    """The company that it concerns; empty where it concerns none, and in entries of before 0047."""
