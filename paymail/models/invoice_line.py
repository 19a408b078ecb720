"""The lines of an invoice."""

from decimal import Decimal

from sqlalchemy import BigInteger, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from paymail.db import ExactDecimal
from paymail.models.base import Base, BigId


class InvoiceLine(Base):
    """One line item as the host billed it; `amount` in minor units."""

    __tablename__ = "invoice_lines"
    __table_args__ = (UniqueConstraint("invoice_id", "position", name="uq_invoice_lines_position"),)

    line_id: Mapped[int] = mapped_column(BigId, primary_key=True)
    invoice_id: Mapped[int] = mapped_column(ForeignKey("invoices.invoice_id"))
    position: Mapped[int]
    description: Mapped[str] = mapped_column(Text)
    quantity: Mapped[Decimal] = mapped_column(ExactDecimal)
    unit_price: Mapped[Decimal] = mapped_column(ExactDecimal)
    amount: Mapped[int] = mapped_column(BigInteger)
    tax_rate: Mapped[Decimal | None] = mapped_column(ExactDecimal)
    """In per cent; empty: the invoice's."""
    tax_category: Mapped[str] = mapped_column(String(2), default="", server_default="")
    """One of `TaxCategory`; empty: standard, or zero-rated at a rate of zero."""
