"""Sync with a host's own database: how far its view was read, what was refused, and what it was told."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from paymail.db import UtcDateTime
from paymail.models.base import Base, BigId


class HostSync(Base):
    """One view of one host's database, whose invoices are an issuer's."""

    __tablename__ = "host_syncs"
    __table_args__ = (UniqueConstraint("issuer_id", "source", name="uq_host_syncs_source"),)

    sync_id: Mapped[int] = mapped_column(BigId, primary_key=True)
    issuer_id: Mapped[int] = mapped_column(ForeignKey("issuers.issuer_id"))
    source: Mapped[str] = mapped_column(String(400))
    """Server, database and view, without user and password: another database is another source."""
    told_to: Mapped[str | None] = mapped_column(String(600))
    """Server, database, and the table or function that the host is told by; empty: it is told nothing. NULL:
    no run has noted it yet."""
    accepted_at: Mapped[datetime] = mapped_column(UtcDateTime)
    """When somebody had seen the first difference and let it be written."""
    cursor: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """By the host's clock: up to here everything was read. A crash leaves an earlier one, and what is read
    twice changes nothing."""
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When a run last came to its end; empty: none did."""


class HostRefusal(Base):
    """An invoice of the view that cannot come in. It is tried again with each run, and goes when it can."""

    __tablename__ = "host_refusals"
    __table_args__ = (UniqueConstraint("sync_id", "number", name="uq_host_refusals_number"),)

    refusal_id: Mapped[int] = mapped_column(BigId, primary_key=True)
    sync_id: Mapped[int] = mapped_column(ForeignKey("host_syncs.sync_id"))
    number: Mapped[str] = mapped_column(String(200))
    """As the view has it; empty: it is NULL there."""
    faults: Mapped[str] = mapped_column(Text)
    """What is wrong, one fault a line."""
    refused_at: Mapped[datetime] = mapped_column(UtcDateTime)
    tried_at: Mapped[datetime] = mapped_column(UtcDateTime)


class SyncedInvoice(Base):
    """An invoice that the view offers, and what its host was last told of it. Amounts in minor units.

    Until `told_at` is set, the host may or may not have got what stands here: it is told the same again,
    under the same `event_id`.
    """

    __tablename__ = "synced_invoices"
    __table_args__ = (Index("ix_synced_invoices_number", "sync_id", "number"),)

    invoice_id: Mapped[int] = mapped_column(ForeignKey("invoices.invoice_id"), primary_key=True)
    sync_id: Mapped[int] = mapped_column(ForeignKey("host_syncs.sync_id"))
    number: Mapped[str] = mapped_column(String(200))
    """As the view has it: `00502` is number 502 here."""
    told_status: Mapped[str] = mapped_column(String(24))
    told_money: Mapped[str] = mapped_column(String(24))
    """The payment status."""
    told_paid: Mapped[int] = mapped_column(BigInteger)
    """All that ever arrived, the host's own records included."""
    told_paid_here: Mapped[int] = mapped_column(BigInteger)
    """Without what only the host's records say."""
    told_refunded: Mapped[int] = mapped_column(BigInteger)
    told_charged_back: Mapped[int] = mapped_column(BigInteger)
    told_credited: Mapped[int] = mapped_column(BigInteger)
    told_written_off: Mapped[int] = mapped_column(BigInteger)
    event_id: Mapped[str] = mapped_column(String(40))
    """Of the newest telling, so that the host can drop repeats; empty: there was nothing to tell yet."""
    as_of: Mapped[datetime | None] = mapped_column(UtcDateTime)
    told_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    failure: Mapped[str] = mapped_column(Text)
    """Why the host did not take it, and so does not know of it; empty: it did, or may have."""
