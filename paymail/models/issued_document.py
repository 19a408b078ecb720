"""What was issued: the PDFs of invoices, receipts, credit notes and statements, each as it was drawn."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from paymail.db import UtcDateTime
from paymail.models.base import Base, BigId


class IssuedDocument(Base):
    """One version of a PDF about an invoice, or filed under it. A later one with the same facts is this one
    again.

    Nothing of it changes, but that bytes which were erased are drawn anew."""

    __tablename__ = "issued_documents"
    __table_args__ = (
        UniqueConstraint("invoice_id", "facts", "paid", name="uq_issued_documents_facts"),
        Index("ix_issued_documents_pdf", "pdf_sha256"),
    )

    issued_id: Mapped[int] = mapped_column(BigId, primary_key=True)
    invoice_id: Mapped[int] = mapped_column(ForeignKey("invoices.invoice_id"))
    kind: Mapped[str] = mapped_column(String(12), server_default="invoice")
    """Which document: `invoice`, `receipt`, `credit_note` or `statement`."""
    facts: Mapped[str] = mapped_column(String(64))
    """Digest of all that it shows, but for `paid` (`letters/issued_documents.py`)."""
    paid: Mapped[int] = mapped_column(BigInteger)
    """What an invoice shows as received, in minor units of its currency; 0 of other documents."""
    pdf_sha256: Mapped[str] = mapped_column(ForeignKey("blobs.sha256"))
    issued_at: Mapped[datetime] = mapped_column(UtcDateTime)
