"""Imports: what each brought, what it changed, and what it left out."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from paymail.db import UtcDateTime
from paymail.models.base import Base, BigId


class Import(Base):
    """One import that wrote or refused something. What it made names it: `Invoice.import_id`."""

    __tablename__ = "imports"

    import_id: Mapped[int] = mapped_column(BigId, primary_key=True)
    issuer_id: Mapped[int] = mapped_column(ForeignKey("issuers.issuer_id"))
    source: Mapped[str] = mapped_column(String(120), default="")
    """Where it came from, for people: the name of a file, or `api`, `sync`, `page`."""
    actor: Mapped[str] = mapped_column(String(120))
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """Empty: it is running, or it was interrupted. The same file again goes on where it was."""
    created: Mapped[int] = mapped_column(default=0)
    """Invoices so far, as are the next three; each chunk counts in its own transaction."""
    updated: Mapped[int] = mapped_column(default=0)
    unchanged: Mapped[int] = mapped_column(default=0)
    refused: Mapped[int] = mapped_column(default=0)
    taken_back_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    taken_back_by: Mapped[str] = mapped_column(String(120), default="")


class ImportChange(Base):
    """What an import changed of one invoice, or of one customer, that was known before it."""

    __tablename__ = "import_changes"
    __table_args__ = (
        Index("ix_import_changes_import", "import_id", "change_id"),
        Index("ix_import_changes_invoice", "invoice_id"),
        Index("ix_import_changes_customer", "customer_id"),
    )

    change_id: Mapped[int] = mapped_column(BigId, primary_key=True)
    import_id: Mapped[int] = mapped_column(ForeignKey("imports.import_id"))
    # No foreign keys: the row stays when the import that made its invoice is taken back.
    invoice_id: Mapped[int | None] = mapped_column(BigInteger)
    customer_id: Mapped[int | None] = mapped_column(BigInteger)
    number: Mapped[str] = mapped_column(String(40), default="")
    """The invoice's number then; empty for a customer."""
    fields: Mapped[str] = mapped_column(Text)
    """JSON: for each of our columns its value before and after. Empty once the customer was erased."""
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ImportFault(Base):
    """One reason why an invoice stayed out. The first of an import are kept."""

    __tablename__ = "import_faults"
    __table_args__ = (Index("ix_import_faults_import", "import_id", "fault_id"),)

    fault_id: Mapped[int] = mapped_column(BigId, primary_key=True)
    import_id: Mapped[int] = mapped_column(ForeignKey("imports.import_id"))
    number: Mapped[str] = mapped_column(String(60), default="")
    """Of the invoice, as the host has it; empty where none could be read."""
    line: Mapped[int]
    field: Mapped[str] = mapped_column(String(60), default="")
    """The column of the file; empty: of the whole line."""
    reason: Mapped[str] = mapped_column(Text)
    """For people. Holds no token."""
