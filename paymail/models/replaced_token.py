"""Pay links that were."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from paymail.db import UtcDateTime
from paymail.models.base import Base


class ReplacedToken(Base):
    """A pay link that was replaced or revoked, by the digest of its token: the token itself is forgotten."""

    __tablename__ = "replaced_tokens"
    __table_args__ = (Index("ix_replaced_tokens_invoice", "invoice_id"),)

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    """SHA-256 of the token, in hex."""
    invoice_id: Mapped[int] = mapped_column(ForeignKey("invoices.invoice_id"))
    replaced_at: Mapped[datetime] = mapped_column(UtcDateTime)
    revoked: Mapped[bool]
    """Whether it was taken back: then its page tells nothing of it."""
