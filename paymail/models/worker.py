"""What workers share: gates that hold sending back, and their heartbeats."""

from datetime import datetime

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from paymail.db import UtcDateTime
from paymail.models.base import Base


class Gate(Base):
    """Something that lets no message through until `opens_at`: a sender at its rate, a destination or the
    relay that deferred us, a destination that refuses a sender. `key` is `sender:{issuer_id}`,
    `bulk:{bulk_id}`, `to:{domain}`, `refused:{issuer_id}:{domain}` or `relay`."""

    __tablename__ = "gates"

    key: Mapped[str] = mapped_column(String(300), primary_key=True)
    opens_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    failures: Mapped[int] = mapped_column(default=0)
    reason: Mapped[str] = mapped_column(Text, default="")


class Heartbeat(Base):
    """A process that works: when it last swept. `paymail doctor` reads it."""

    __tablename__ = "heartbeats"

    worker: Mapped[str] = mapped_column(String(120), primary_key=True)
    """Host and process id."""
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
