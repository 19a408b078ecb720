"""Money coming in: tries at paying (one Stripe PaymentIntent each) and payments that arrived."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from paymail.db import UtcDateTime
from paymail.models.base import Base, BigId, status_type
from paymail.models.moves import Moves


class AttemptStatus(StrEnum):
    """Where a PaymentAttempt stands."""

    CREATING = "creating"
    """The idempotency key is stored; Stripe may or may not have the intent. Asking again with the same key
    gives the same intent, so a crash here cannot make two."""
    OPEN = "open"
    """The intent exists and waits for the customer."""
    WAITING = "waiting"
    """The customer was given a code or bank details, or is to approve it in their bank's app: the money comes
    by their own act, later or never. No other may be made until it is paid, expires or is cancelled. Only
    Stripe says which; a crash changes nothing."""
    CANCELLING = "withdrawing"
    """The books changed under it (void, a manual payment, another link): the sweep cancels the intent at
    Stripe. Until then it can still be paid, so no other may be made. The stored word is that of
    earlier versions, which may still run while a schema is upgraded."""
    PROCESSING = "processing"
    """The customer paid by a slow method that is clearing."""
    SUCCEEDED = "succeeded"
    """Settled: a Payment exists."""
    CANCELED = "canceled"
    """The intent can never be paid; a new generation may follow."""


_A = AttemptStatus
ATTEMPT_MOVES: Moves[AttemptStatus] = {
    _A.CREATING: frozenset({_A.OPEN, _A.CANCELED, _A.PROCESSING, _A.SUCCEEDED}),
    _A.OPEN: frozenset({_A.WAITING, _A.PROCESSING, _A.SUCCEEDED, _A.CANCELED, _A.CANCELLING}),
    _A.WAITING: frozenset({_A.OPEN, _A.PROCESSING, _A.SUCCEEDED, _A.CANCELED, _A.CANCELLING}),
    _A.CANCELLING: frozenset({_A.PROCESSING, _A.SUCCEEDED, _A.CANCELED}),
    _A.PROCESSING: frozenset({_A.OPEN, _A.SUCCEEDED, _A.CANCELED}),
    _A.SUCCEEDED: frozenset(),
    _A.CANCELED: frozenset({_A.SUCCEEDED}),
}
LIVE_ATTEMPTS = (_A.CREATING, _A.OPEN, _A.WAITING, _A.CANCELLING, _A.PROCESSING)
_LIVE_SQL = text("status IN ('creating', 'open', 'waiting', 'withdrawing', 'processing')")


class PaymentAttempt(Base):
    """One PaymentIntent, planned or real. `amount` in Stripe's minor units. At most one live per invoice."""

    __tablename__ = "payment_attempts"
    __table_args__ = (
        UniqueConstraint("invoice_id", "generation", name="uq_payment_attempts_generation"),
        Index(
            "uq_payment_attempts_underway",
            "invoice_id",
            unique=True,
            postgresql_where=_LIVE_SQL,
            sqlite_where=_LIVE_SQL,
        ),
        Index("ix_payment_attempts_status", "status"),
        Index("ix_payment_attempts_account", "account", "created_at"),
    )

    attempt_id: Mapped[int] = mapped_column(BigId, primary_key=True)
    invoice_id: Mapped[int] = mapped_column(ForeignKey("invoices.invoice_id"))
    generation: Mapped[int]
    account: Mapped[str] = mapped_column(String(60))
    amount: Mapped[int] = mapped_column(BigInteger)
    fee: Mapped[int] = mapped_column(BigInteger, default=0)
    """What of it goes to the platform; fixed with the amount, since the idempotency key covers both."""
    currency: Mapped[str] = mapped_column(String(3))
    intent_id: Mapped[str | None] = mapped_column(String(80), unique=True)
    idempotency_key: Mapped[str] = mapped_column(String(120), unique=True)
    status: Mapped[AttemptStatus] = mapped_column(status_type(AttemptStatus), default=_A.CREATING)
    consent: Mapped[str] = mapped_column(String(20), default="")
    """Version of the text by which the customer asked to save the method; empty: they did not."""
    consented_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    waits_for: Mapped[str] = mapped_column(String(40), default="")
    """While it is waiting: the kind of method by which the customer pays, in Stripe's word (`konbini`)."""
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """While it is waiting: until when it can be paid; empty: Stripe names no end."""
    instructions_url: Mapped[str] = mapped_column(Text, default="")
    """While it is waiting: Stripe's page with the code or the bank details. Whoever has it can read them."""
    declines: Mapped[int] = mapped_column(default=0)
    """Failed tries that we know of; too many close the intent (card testing)."""
    declined_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When Stripe declined the newest of them."""
    tried_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When the sweep last tried to cancel it."""
    look_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When the reconciler asks Stripe about it next; empty: with its next turn."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Channel(StrEnum):
    """How money arrived, or went back."""

    STRIPE = "stripe"
    BANK_TRANSFER = "bank_transfer"
    CASH = "cash"
    CHEQUE = "cheque"
    OTHER = "other"
    HOST = "host"
    """What the host's system says arrived there, beyond all that paymail knew of."""


_SUMMED = ("channel", "issuer_id", "currency", "amount")


def _where(condition: str) -> dict[str, Any]:
    return {"postgresql_where": text(condition), "sqlite_where": text(condition)}


class Payment(Base):
    """Money that arrived: once per intent, or as staff recorded it. `amount` in minor units of the invoice's
    currency."""

    __tablename__ = "payments"
    __table_args__ = (
        UniqueConstraint("issuer_id", "receipt_number", name="uq_payments_receipt"),
        # An index, not a constraint: SQLite adds no constraint to a table that exists.
        Index("uq_payments_request_key", "request_key", unique=True),
        # What arrived in a time, by the instant or by the day that staff wrote: all that its sums read.
        Index("ix_payments_received", "received_at", *_SUMMED, **_where("paid_on IS NULL")),
        Index("ix_payments_paid_on", "paid_on", *_SUMMED, **_where("paid_on IS NOT NULL")),
        Index("ix_payments_account", "account", "received_at"),
    )

    payment_id: Mapped[int] = mapped_column(BigId, primary_key=True)
    invoice_id: Mapped[int] = mapped_column(ForeignKey("invoices.invoice_id"), index=True)
    issuer_id: Mapped[int] = mapped_column(ForeignKey("issuers.issuer_id"))
    intent_id: Mapped[str | None] = mapped_column(String(80), unique=True)
    account: Mapped[str] = mapped_column(String(60), default="")
    amount: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(3))
    method: Mapped[str] = mapped_column(String(80), default="")
    source: Mapped[str] = mapped_column(String(24))
    """Who brought the news: confirm, webhook, reconciler, import, staff."""
    channel: Mapped[Channel] = mapped_column(status_type(Channel), default=Channel.STRIPE)
    reference: Mapped[str] = mapped_column(Text, default="")
    """What staff wrote beside a manual payment: the bank's reference, the cheque's number."""
    paid_on: Mapped[date | None] = mapped_column()
    """The day of a manual payment, on the issuer's calendar; empty: the day of `received_at`."""
    request_key: Mapped[str | None] = mapped_column(String(80))
    """Given by a form or an API client, so that asking twice records one."""
    balance_after: Mapped[int] = mapped_column(BigInteger)
    receipt_number: Mapped[int]
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
