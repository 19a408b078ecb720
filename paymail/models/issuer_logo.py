"""The pictures of issuers, as customers see them."""

from datetime import datetime

from sqlalchemy import LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from paymail.db import UtcDateTime
from paymail.models.base import Base


class IssuerLogo(Base):
    """One logo, kept by its digest for good: emails that were sent show it by that."""

    __tablename__ = "issuer_logos"

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)
    """A small PNG without alpha (`services/issuers/logos.py`)."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
