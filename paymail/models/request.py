"""Requests that arrive under a key of the caller's, each done once."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from paymail.db import UtcDateTime
from paymail.models.base import Base, BigId, index_where_given


class IdempotentRequest(Base):
    """What was asked under a key, by whom and when, and what it led to. Keys and contents are digests."""

    __tablename__ = "requests"
    __table_args__ = (
        UniqueConstraint("scope", "key_digest", name="uq_requests_key"),
        index_where_given("ix_requests_message", "message_id"),
        index_where_given("ix_requests_payment", "payment_id"),
    )

    request_id: Mapped[int] = mapped_column(BigId, primary_key=True)
    scope: Mapped[str] = mapped_column(String(40))
    """Within which a key means one request, such as `refund` (`services/core/idempotency.py`)."""
    key_digest: Mapped[str] = mapped_column(String(32))
    content_digest: Mapped[str] = mapped_column(String(32), default="")
    """Empty once the customer was erased: nobody can tell any more what was asked."""
    message_id: Mapped[int | None] = mapped_column(ForeignKey("messages.message_id"))
    bulk_id: Mapped[int | None] = mapped_column(ForeignKey("bulk_sends.bulk_id"))
    payment_id: Mapped[int | None] = mapped_column(ForeignKey("payments.payment_id"))
    refund_id: Mapped[int | None] = mapped_column(ForeignKey("refunds.refund_id"))
    actor: Mapped[str] = mapped_column(String(120))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
