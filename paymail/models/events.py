"""What happened: the timeline of an invoice, and events received from Stripe."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from paymail.db import UtcDateTime
from paymail.models.base import Base, BigId, CausedByRequest, index_where_given, status_type
from paymail.models.moves import Moves


class TimelineEvent(Base):
    """One thing that happened to an invoice, by whom, when. Only added to. Holds no token and no secret."""

    __tablename__ = "timeline_events"
    __table_args__ = (
        Index("ix_timeline_events_invoice", "invoice_id", "event_id"),
        index_where_given("ix_timeline_events_message", "message_id"),
    )

    event_id: Mapped[int] = mapped_column(BigId, primary_key=True)
    invoice_id: Mapped[int] = mapped_column(ForeignKey("invoices.invoice_id"))
    message_id: Mapped[int | None] = mapped_column(ForeignKey("messages.message_id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    actor: Mapped[str] = mapped_column(String(120))
    kind: Mapped[str] = mapped_column(String(40))
    detail: Mapped[str] = mapped_column(Text, default="")
    """For people. Nothing is decided by it."""
    quotes_customer: Mapped[bool] = mapped_column(default=False)
    """`detail` holds what a customer wrote; it goes when their data is erased."""


class GatewayEventState(StrEnum):
    """Where a received event stands."""

    RECEIVED = "received"
    """Stored and acknowledged; waits for `next_at`. A crash while working leaves it so."""
    DONE = "done"
    """Worked through."""
    IGNORED = "ignored"
    """Not about anything of ours, or a type that we do not use; `reason` says which."""
    DEAD = "dead"
    """Given up after many tries; shown to staff, may be processed again."""


_G = GatewayEventState
GATEWAY_EVENT_MOVES: Moves[GatewayEventState] = {
    _G.RECEIVED: frozenset({_G.DONE, _G.IGNORED, _G.DEAD}),
    _G.DEAD: frozenset({_G.RECEIVED}),
    _G.DONE: frozenset({_G.RECEIVED}),
    _G.IGNORED: frozenset({_G.RECEIVED}),
}


class GatewayEvent(CausedByRequest, Base):
    """A Stripe event as it came in, unique by Stripe's id: the second copy is acknowledged and dropped."""

    __tablename__ = "gateway_events"
    __table_args__ = (
        Index("ix_gateway_events_due", "state", "next_at"),
        Index("ix_gateway_events_received", "received_at", "event_id"),
    )

    event_id: Mapped[str] = mapped_column(String(80), primary_key=True)
    type: Mapped[str] = mapped_column(String(80))
    account: Mapped[str] = mapped_column(String(60), default="")
    livemode: Mapped[bool]
    intent_id: Mapped[str] = mapped_column(String(80), default="", index=True)
    """The intent that it is about, also when its object is a charge, a refund or a dispute."""
    method_id: Mapped[str] = mapped_column(String(80), default="")
    """The payment method that it is about; empty for events about anything else."""
    created: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[GatewayEventState] = mapped_column(status_type(GatewayEventState), default=_G.RECEIVED)
    reason: Mapped[str] = mapped_column(Text, default="")
    attempts: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime] = mapped_column(UtcDateTime)
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
