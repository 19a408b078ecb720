"""What governs sending beside the messages themselves: bulk sends, gates, and who must not be mailed."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from paymail.db import UtcDateTime
from paymail.models.base import Base, BigId, status_type
from paymail.models.moves import Moves


class BulkState(StrEnum):
    """Where a bulk send stands. It is finished when it is running, expanded, and no message is open."""

    RUNNING = "running"
    """Its messages are written in batches by the sweep and go out at its rate."""
    PAUSED = "paused"
    """Nothing of it is written or claimed; what is being handed over ends."""
    CANCELLED = "cancelled"
    """Its open messages were withdrawn."""


_B = BulkState
BULK_MOVES: Moves[BulkState] = {
    _B.RUNNING: frozenset({_B.PAUSED, _B.CANCELLED}),
    _B.PAUSED: frozenset({_B.RUNNING, _B.CANCELLED}),
    _B.CANCELLED: frozenset(),
}


class BulkSend(Base):
    """Invoice emails for a filter, at a rate. The filter is stored, so a crash cannot lose the rest of it."""

    __tablename__ = "bulk_sends"
    __table_args__ = (Index("ix_bulk_sends_open", "state", "expanded"),)

    bulk_id: Mapped[int] = mapped_column(BigId, primary_key=True)
    state: Mapped[BulkState] = mapped_column(status_type(BulkState), default=_B.RUNNING)
    request_key: Mapped[str | None] = mapped_column(String(80), unique=True)
    """Given by a form or an API client, so that asking twice starts one."""
    selection: Mapped[str] = mapped_column(Text)
    """The filter as JSON (`services/bulk.py`)."""
    again: Mapped[bool] = mapped_column(default=False)
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime)
    rate: Mapped[int] = mapped_column(default=0)
    """Emails a minute; 0 is as fast as the sender may."""
    cursor: Mapped[int] = mapped_column(BigInteger, default=0)
    """Invoices up to this id have their message."""
    expanded: Mapped[bool] = mapped_column(default=False)
    queued: Mapped[int] = mapped_column(default=0)
    skipped: Mapped[int] = mapped_column(default=0)
    actor: Mapped[str] = mapped_column(String(120))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Gate(Base):
    """Something that lets no message through until `opens_at`: a sender at its rate, a destination or the
    relay that deferred us. `key` is `sender:{issuer_id}`, `bulk:{bulk_id}`, `to:{domain}` or `relay`."""

    __tablename__ = "gates"

    key: Mapped[str] = mapped_column(String(300), primary_key=True)
    opens_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    failures: Mapped[int] = mapped_column(default=0)
    reason: Mapped[str] = mapped_column(Text, default="")


_ACTIVE = text("lifted_at IS NULL")


class Suppression(Base):
    """An address that must not be mailed, and why. Lifting keeps the row: it is a record."""

    __tablename__ = "suppressions"
    __table_args__ = (
        Index(
            "uq_suppressions_active", "address", unique=True, postgresql_where=_ACTIVE, sqlite_where=_ACTIVE
        ),
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
    """hard, soft, delivered or unmatched."""
    status: Mapped[str] = mapped_column(String(16), default="")
    """Enhanced status code (RFC 3463)."""
    detail: Mapped[str] = mapped_column(Text, default="")
    source: Mapped[str] = mapped_column(String(24))
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ReminderHold(Base):
    """Why an invoice's reminders wait: a promise, a dispute, a bounce, or staff's wish."""

    __tablename__ = "reminder_holds"

    hold_id: Mapped[int] = mapped_column(BigId, primary_key=True)
    invoice_id: Mapped[int] = mapped_column(ForeignKey("invoices.invoice_id"), index=True)
    reason: Mapped[str] = mapped_column(String(24))
    detail: Mapped[str] = mapped_column(Text, default="")
    until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """Ends by itself then; empty: only when lifted."""
    placed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    placed_by: Mapped[str] = mapped_column(String(120))
    lifted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    lifted_by: Mapped[str] = mapped_column(String(120), default="")


class Heartbeat(Base):
    """A process that works: when it last swept. `paymail doctor` reads it."""

    __tablename__ = "heartbeats"

    worker: Mapped[str] = mapped_column(String(120), primary_key=True)
    """Host and process id."""
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
