"""Comparing with Stripe: whose turn it is, how far each account was read, and what does not agree."""

from datetime import datetime

from sqlalchemy import BigInteger, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from paymail.db import UtcDateTime
from paymail.models.base import Base


class ReconcilerTurn(Base):
    """One of the reconciler's jobs (`settle` or `compare`): who has it, and how it ended last."""

    __tablename__ = "reconciler_turns"

    job: Mapped[str] = mapped_column(String(24), primary_key=True)
    fence: Mapped[int] = mapped_column(default=0)
    """Counted up by each claim; only its holder may end the turn."""
    next_at: Mapped[datetime] = mapped_column(UtcDateTime)
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """Empty: nobody is at it. A crash leaves it, and it runs out."""
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """Empty: it never came to an end yet."""
    summary: Mapped[str] = mapped_column(Text, default="")
    failure: Mapped[str] = mapped_column(Text, default="")
    """Accounts that could not be asked, with the reason; empty: all were."""


class ReconciledAccount(Base):
    """How far an account's events were read."""

    __tablename__ = "reconciled_accounts"

    account: Mapped[str] = mapped_column(String(60), primary_key=True)
    events_until: Mapped[int] = mapped_column(BigInteger, default=0)
    """Unix seconds by Stripe's clock: `created` of the newest event seen; 0 is none yet."""
    read_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Drift(Base):
    """One thing in which the books and Stripe do not agree. It stays here when it is over."""

    __tablename__ = "drifts"
    __table_args__ = (Index("ix_drifts_open", "gone_at", "account"),)

    key: Mapped[str] = mapped_column(String(200), primary_key=True)
    """Kind, account and intent or dispute: the same drift is one row, however often it is found."""
    kind: Mapped[str] = mapped_column(String(40))
    account: Mapped[str] = mapped_column(String(60))
    intent_id: Mapped[str] = mapped_column(String(80))
    invoice_ref: Mapped[str] = mapped_column(String(80), default="")
    """The invoice's id as the books or Stripe's metadata have it; it may be none of ours."""
    currency: Mapped[str] = mapped_column(String(3), default="")
    books: Mapped[str] = mapped_column(Text)
    books_amount: Mapped[int | None] = mapped_column(BigInteger)
    """In minor units of `currency`, where an amount is what differs; the same for Stripe's."""
    stripe: Mapped[str] = mapped_column(Text)
    stripe_amount: Mapped[int | None] = mapped_column(BigInteger)
    found_at: Mapped[datetime] = mapped_column(UtcDateTime)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    gone_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """Empty: it is still so."""
    told_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When staff got an email about it."""
