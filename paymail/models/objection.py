"""What a customer says is wrong with an invoice, and what staff answered."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from paymail.db import UtcDateTime
from paymail.models.base import Base, BigId, OpenEnum

_OPEN = text("closed_at IS NULL")


class ObjectionReason(StrEnum):
    """What is wrong, as the customer picked it."""

    PRICE = "price"
    """A price or a quantity."""
    NOT_RECEIVED = "not_received"
    NOT_OURS = "not_ours"
    """The invoice is not for them."""
    ORDER_NUMBER = "order_number"
    """They cannot pay it without their order's number on it."""
    OTHER = "other"


class Objection(Base):
    """A customer's word that something is wrong with an invoice. At most one is open per invoice."""

    __tablename__ = "objections"
    __table_args__ = (
        Index("uq_objections_open", "invoice_id", unique=True, postgresql_where=_OPEN, sqlite_where=_OPEN),
    )

    objection_id: Mapped[int] = mapped_column(BigId, primary_key=True)
    invoice_id: Mapped[int] = mapped_column(ForeignKey("invoices.invoice_id"), index=True)
    reason: Mapped[ObjectionReason] = mapped_column(OpenEnum(ObjectionReason))
    positions: Mapped[str] = mapped_column(String(200), default="")
    """Of the lines that it is about, separated by commas; empty: of none in particular."""
    words: Mapped[str] = mapped_column(Text, default="")
    """The customer's own."""
    answer_to: Mapped[str] = mapped_column(String(320), default="")
    """The address that the customer wants the answer at."""
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """Empty while it is open."""
    closed_by: Mapped[str] = mapped_column(String(120), default="")
    answer: Mapped[str] = mapped_column(Text, default="")
    """What staff wrote; empty: it was closed without an answer."""
