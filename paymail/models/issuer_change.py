"""What was changed of an issuer."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from paymail.db import UtcDateTime
from paymail.models.base import Base, BigId


class IssuerChange(Base):
    """One setting of an issuer that somebody changed. Only added to."""

    __tablename__ = "issuer_changes"
    __table_args__ = (Index("ix_issuer_changes_issuer", "issuer_id", "change_id"),)

    change_id: Mapped[int] = mapped_column(BigId, primary_key=True)
    issuer_id: Mapped[int] = mapped_column(ForeignKey("issuers.issuer_id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    actor: Mapped[str] = mapped_column(String(120))
    setting: Mapped[str] = mapped_column(String(40))
    """Its column's name, or `created`."""
    old: Mapped[str] = mapped_column(Text)
    """As people write it (`setting_texts.write`); empty where there was nothing."""
    new: Mapped[str] = mapped_column(Text)
