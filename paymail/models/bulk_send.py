"""Bulk sends: invoice emails for a filter."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from paymail.db import UtcDateTime
from paymail.models.base import Base, BigId, CausedByRequest, status_type
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


class BulkSend(CausedByRequest, Base):
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
