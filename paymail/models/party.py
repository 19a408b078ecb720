"""Who bills and who is billed."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from paymail.db import UtcDateTime
from paymail.models.base import Base, BigId


class Issuer(Base):
    """A business that sends invoices, with its defaults and its connected Stripe account."""

    __tablename__ = "issuers"

    issuer_id: Mapped[int] = mapped_column(BigId, primary_key=True)
    name: Mapped[str] = mapped_column(String(300), unique=True)
    tax_id: Mapped[str] = mapped_column(String(60), default="")
    tax_name: Mapped[str] = mapped_column(String(20), default="GST")
    address: Mapped[str] = mapped_column(Text, default="")
    email: Mapped[str] = mapped_column(String(320))
    reply_to: Mapped[str] = mapped_column(String(320), default="")
    currency: Mapped[str] = mapped_column(String(3), default="AUD")
    locale: Mapped[str] = mapped_column(String(20), default="en-AU")
    timezone: Mapped[str] = mapped_column(String(60), default="Australia/Sydney")
    stripe_account: Mapped[str] = mapped_column(String(60), default="")
    last_receipt: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Customer(Base):
    """Who is billed. The same name and address is the same customer of an issuer."""

    __tablename__ = "customers"
    __table_args__ = (UniqueConstraint("issuer_id", "name", "email", name="uq_customers_identity"),)

    customer_id: Mapped[int] = mapped_column(BigId, primary_key=True)
    issuer_id: Mapped[int] = mapped_column(ForeignKey("issuers.issuer_id"))
    name: Mapped[str] = mapped_column(String(300))
    email: Mapped[str] = mapped_column(String(320))
    address: Mapped[str] = mapped_column(Text, default="")
    locale: Mapped[str] = mapped_column(String(20), default="")
    reminders_off: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
