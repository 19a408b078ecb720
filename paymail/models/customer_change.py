"""What staff changed of a customer."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from paymail.db import UtcDateTime
from paymail.models.base import Base, BigId


class CustomerChange(Base):
    """One fact of a customer that staff changed. Only added to; erasing the customer empties the values."""

    __tablename__ = "customer_changes"
    __table_args__ = (Index("ix_customer_changes_customer", "customer_id", "change_id"),)

    change_id: Mapped[int] = mapped_column(BigId, primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.customer_id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    actor: Mapped[str] = mapped_column(String(120))
    field: Mapped[str] = mapped_column(String(40))
    """Its column's name, or `hold`."""
    old: Mapped[str] = mapped_column(Text)
    """As people read it; empty where there was nothing."""
    new: Mapped[str] = mapped_column(Text)
