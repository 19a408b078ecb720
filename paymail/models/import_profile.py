"""How a host of one's own writes its invoices, as somebody saved it."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from paymail.db import UtcDateTime
from paymail.models.base import Base


class ImportProfile(Base):
    """A profile for imports that somebody saved. The built-in ones are code."""

    __tablename__ = "import_profiles"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    issuer_id: Mapped[int | None] = mapped_column(ForeignKey("issuers.issuer_id"))
    """Whose files it is for; None: everybody's."""
    definition: Mapped[str] = mapped_column(Text)
    """What was saved, as JSON: checked then, and again whenever it is read."""
    saved_at: Mapped[datetime] = mapped_column(UtcDateTime)
