"""A company's own words in its emails, in every version that there was."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from paymail.db import UtcDateTime
from paymail.models.base import Base, BigId


class Wording(Base):
    """What a company says itself in one kind of email and one language; its newest version is in use.

    Only added to: to go back is a new version. One without any text says that paymail's words are used again.
    """

    __tablename__ = "wordings"
    __table_args__ = (UniqueConstraint("issuer_id", "template", "language", "version"),)

    wording_id: Mapped[int] = mapped_column(BigId, primary_key=True)
    issuer_id: Mapped[int] = mapped_column(ForeignKey("issuers.issuer_id"))
    template: Mapped[str] = mapped_column(String(40))
    """The email's folder of templates: its kind, of reminders with their tone."""
    language: Mapped[str] = mapped_column(String(8))
    """One of `i18n.LANGUAGES`."""
    version: Mapped[int]
    """From 1."""
    subject: Mapped[str] = mapped_column(Text)
    """With placeholders, as it was typed; of this and the other texts, empty: paymail's words."""
    preheader: Mapped[str] = mapped_column(Text)
    opening: Mapped[str] = mapped_column(Text)
    closing: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    actor: Mapped[str] = mapped_column(String(320))
