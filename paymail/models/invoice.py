"""Invoices."""

from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
    literal_column,
    text,
)
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, mapped_column, relationship

from paymail.clock import new_verify_code
from paymail.db import ExactDecimal, UtcDateTime
from paymail.models.base import Base, BigId, index_where_given, status_type
from paymail.models.invoice_status import InvoiceStatus, PaymentStatus
from paymail.models.parties import Customer, Issuer
from paymail.models.plan import PaymentPlan

if TYPE_CHECKING:
    from paymail.models.invoice_line import InvoiceLine

_SHORTFALL_SQL = (
    "total - amount_credited - amount_written_off - amount_paid + amount_refunded + amount_charged_back"
)
_OWED_SQL = text(f"status = 'sent' AND {_SHORTFALL_SQL} > 0")
"""Written as `services/lists/payment_state.py` asks: else no database takes the index."""
_BALANCE_SQL = f"(\nCASE\nWHEN status = 'sent' AND ({_SHORTFALL_SQL}) > 0 THEN {_SHORTFALL_SQL}\nELSE 0\nEND)"
"""Asked for as `services/lists/invoice_pages.py` sorts by it. Alembic compares it, with its line ends, to
what PostgreSQL shows."""
_OWED_BY = (
    "customer_id currency total amount_credited amount_written_off amount_paid amount_refunded"
    " amount_charged_back"
).split()
"""All that the sums of customers read, so that PostgreSQL answers from the index alone."""
_OWED_SUMS = f"issuer_id due_date invoice_id {' '.join(_OWED_BY)}".split()
"""All that Home, and the sums of a list of what is owed, read."""


class Invoice(Base):
    """One invoice. Amounts in minor units of `currency`; the dates are the issuer's calendar."""

    __tablename__ = "invoices"
    __table_args__ = (
        UniqueConstraint("issuer_id", "number", name="uq_invoices_number"),
        UniqueConstraint("payment_token", name="uq_invoices_payment_token"),
        Index(
            "idx_invoices_payment_token",
            "payment_token",
            postgresql_where=text("payment_token IS NOT NULL"),
            sqlite_where=text("payment_token IS NOT NULL"),
        ),
        Index("ix_invoices_status_due", "status", "payment_status", "due_date"),
        Index(
            "ix_invoices_owed", "due_date", "invoice_id", postgresql_where=_OWED_SQL, sqlite_where=_OWED_SQL
        ),
        Index("ix_invoices_owed_by", *_OWED_BY, postgresql_where=_OWED_SQL, sqlite_where=_OWED_SQL),
        Index("ix_invoices_owed_sums", *_OWED_SUMS, postgresql_where=_OWED_SQL, sqlite_where=_OWED_SQL),
        Index("ix_invoices_issued_date", "issued_date"),
        # What the list is sorted by, or narrowed to: a page is read from its beginning, however long it is.
        Index("ix_invoices_issuer", "issuer_id", "invoice_id"),
        Index("ix_invoices_due", "due_date", "invoice_id"),
        Index("ix_invoices_total", "total", "invoice_id"),
        # Of an expression, on PostgreSQL alone: SQLite loses those whenever a table is altered by a copy.
        Index(
            "ix_invoices_number_back",
            literal_column("reverse(lower(number))").label("back"),
            postgresql_ops={"back": "text_pattern_ops"},
        ).ddl_if(dialect="postgresql"),
        Index("ix_invoices_balance", literal_column(_BALANCE_SQL), "invoice_id").ddl_if(dialect="postgresql"),
        # Numbers that are whole ones: the highest is found without looking at the others.
        Index(
            "ix_invoices_counted",
            "issuer_id",
            literal_column("length(number)"),
            "number",
            postgresql_where=text("ltrim(number, '0123456789') = ''"),
        ).ddl_if(dialect="postgresql"),
        Index("ix_invoices_next_reminder_at", "next_reminder_at"),
        Index(
            "uq_invoices_external_ref",
            "issuer_id",
            "external_ref",
            unique=True,
            postgresql_where=text("external_ref IS NOT NULL"),
            sqlite_where=text("external_ref IS NOT NULL"),
        ),
        index_where_given("ix_invoices_import", "import_id"),
        Index(
            "uq_invoices_verify_code",
            "verify_code",
            unique=True,
            postgresql_where=text("verify_code IS NOT NULL"),
            sqlite_where=text("verify_code IS NOT NULL"),
        ),
        CheckConstraint("subtotal + tax_amount = total", name="adds_up"),
    )

    invoice_id: Mapped[int] = mapped_column(BigId, primary_key=True)
    number: Mapped[str] = mapped_column(String(40))
    """The host's, which customers see; two issuers may have the same."""
    external_ref: Mapped[str | None] = mapped_column(String(200))
    """The host's own id of the invoice; unique among an issuer's where given."""
    issuer_id: Mapped[int] = mapped_column(ForeignKey("issuers.issuer_id"))
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.customer_id"), index=True)
    currency: Mapped[str] = mapped_column(String(3))
    subtotal: Mapped[int] = mapped_column(BigInteger)
    tax_rate: Mapped[Decimal] = mapped_column(ExactDecimal)
    tax_amount: Mapped[int] = mapped_column(BigInteger)
    total: Mapped[int] = mapped_column(BigInteger)
    tax_aud: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    """The tax of an invoice in another currency, in Australian cents as the host says; 0: not known."""
    rounding_difference: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    """How far the host's total is from the one that our own rounding gives."""
    amount_paid: Mapped[int] = mapped_column(BigInteger, default=0)
    """All that ever arrived; what went back is in the next two."""
    amount_refunded: Mapped[int] = mapped_column(BigInteger, default=0)
    amount_charged_back: Mapped[int] = mapped_column(BigInteger, default=0)
    """Taken back by lost disputes."""
    amount_credited: Mapped[int] = mapped_column(BigInteger, default=0)
    """What credit notes took off the total."""
    amount_written_off: Mapped[int] = mapped_column(BigInteger, default=0)
    """What staff gave up; it is not asked for any more."""
    written_off_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When staff last gave some of it up."""
    voided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When it was cancelled here; empty: not, or the host had cancelled it before it came in."""
    viewed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When a person first pressed a button of its pay page, until another invoice email is handed over. Empty
    where code of before heard of it: then a payment begun, or what the customer said, tells the same."""
    part_minimum: Mapped[int | None] = mapped_column(BigInteger)
    """Smallest part payment that the customer may choose; empty: the whole balance, or a plan's amounts."""
    issued_date: Mapped[date]
    due_date: Mapped[date]
    status: Mapped[InvoiceStatus] = mapped_column(status_type(InvoiceStatus))
    payment_status: Mapped[PaymentStatus] = mapped_column(status_type(PaymentStatus))
    payment_token: Mapped[str | None] = mapped_column(String(64))
    payment_token_expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    link_replaced_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When a link of it last died before its end: what was written before holds a dead one."""
    verify_code: Mapped[str | None] = mapped_column(String(10), default=new_verify_code)
    """By which who has a paper finds whether it is genuine; it tells nothing of the link. Empty where code of
    before wrote the row, and once the customer was erased."""
    reminders_off: Mapped[bool] = mapped_column(default=False)
    ladder: Mapped[str] = mapped_column(Text, default="")
    """Overrides the customer's and the issuer's ladder; empty does not."""
    reminders_from: Mapped[datetime] = mapped_column(UtcDateTime)
    """Steps before this instant are not owed to anybody: paymail did not know the invoice, or reminders
    were off. An import or a switch never sets off a volley."""
    next_reminder_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When the ladder wants a look at this invoice; empty: nothing comes by itself. What changes the answer
    (a hold, a ladder, a payment) sets it to now."""
    import_digest: Mapped[str] = mapped_column(String(64), default="")
    import_id: Mapped[int | None] = mapped_column(BigInteger)
    """The import that made it; empty for those of before imports had numbers."""
    notes: Mapped[str] = mapped_column(Text, default="")
    terms: Mapped[str] = mapped_column(Text, default="", server_default="")
    purchase_order: Mapped[str] = mapped_column(String(100), default="", server_default="")
    """The customer's number of the order."""
    host_metadata: Mapped[str] = mapped_column("metadata", Text, default="", server_default="")
    """What the host keeps with it, as a JSON object of short texts; empty: nothing."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)

    issuer: Mapped[Issuer] = relationship(lazy="raise_on_sql")
    customer: Mapped[Customer] = relationship(lazy="raise_on_sql")
    lines: Mapped[list["InvoiceLine"]] = relationship(lazy="raise_on_sql", order_by="InvoiceLine.position")
    plan: Mapped[PaymentPlan | None] = relationship(
        primaryjoin="and_(Invoice.invoice_id == PaymentPlan.invoice_id, PaymentPlan.state == 'active')",
        lazy="raise_on_sql",
        uselist=False,
        viewonly=True,
    )
    """The active plan, if there is one."""

    @property
    def charged(self) -> int:
        """What is asked for in all: the total less credit notes and write-offs."""
        return self.total - self.amount_credited - self.amount_written_off

    @property
    def received(self) -> int:
        """What arrived and stayed."""
        return self.amount_paid - self.amount_refunded - self.amount_charged_back

    @hybrid_property
    def shortfall(self) -> int:
        """What is asked for and has not arrived, in minor units; below 0 when overpaid. Works in SQL too."""
        return (
            self.total
            - self.amount_credited
            - self.amount_written_off
            - self.amount_paid
            + self.amount_refunded
            + self.amount_charged_back
        )

    @property
    def balance(self) -> int:
        """What is still owed, in minor units; 0 when paid or overpaid."""
        return max(self.shortfall, 0)

    @property
    def overpaid(self) -> int:
        """What arrived beyond what was asked for, in minor units."""
        return max(-self.shortfall, 0)

    @property
    def owed(self) -> bool:
        """Issued, not void, and money is still missing."""
        return self.status is InvoiceStatus.SENT and self.balance > 0

    @property
    def can_pay(self) -> bool:
        """Whether a payment may be started now (expiry of the link apart)."""
        return self.owed and self.payment_status in (PaymentStatus.UNPAID, PaymentStatus.PARTIAL)
