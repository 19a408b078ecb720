"""Money going back: refunds, with their credit notes, and disputes."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from paymail.db import UtcDateTime
from paymail.models.base import Base, BigId, CausedByRequest, status_type
from paymail.models.moves import Moves
from paymail.models.payment import Channel


class RefundStatus(StrEnum):
    """Where a refund stands."""

    PROPOSED = "proposed"
    """Somebody asked for it. Nothing is done until another person approves it; a crash changes nothing."""
    REFUSED = "refused"
    """Another person said no; nothing went out."""
    WITHDRAWN = "withdrawn"
    """Whoever had asked for it did not want it any more; nothing went out."""
    REQUESTED = "requested"
    """Staff asked; the sweep asks Stripe under the stored key, as often as it takes."""
    PENDING = "pending"
    """Stripe has it and the customer's bank does not yet."""
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    """The money came back to the issuer's account, or Stripe refused; the books are as before it."""


_R = RefundStatus
_TOLD = frozenset({_R.PENDING, _R.SUCCEEDED, _R.FAILED})
REFUND_MOVES: Moves[RefundStatus] = {
    # What Stripe tells of these three is of before a restore: it was approved then, and carried out.
    _R.PROPOSED: frozenset({_R.REQUESTED, _R.REFUSED, _R.WITHDRAWN}) | _TOLD,
    _R.REFUSED: _TOLD,
    _R.WITHDRAWN: _TOLD,
    _R.REQUESTED: frozenset({_R.PENDING, _R.SUCCEEDED, _R.FAILED}),
    _R.PENDING: frozenset({_R.SUCCEEDED, _R.FAILED}),
    # A bank may send the money back days after Stripe called it done (Stripe docs, "Refunds").
    _R.SUCCEEDED: frozenset({_R.FAILED}),
    _R.FAILED: frozenset({_R.PENDING, _R.SUCCEEDED}),
}
IN_FORCE = (_R.PENDING, _R.SUCCEEDED)
"""Refunds that count in the books."""
UNAPPROVED = (_R.PROPOSED, _R.REFUSED, _R.WITHDRAWN)
"""Refunds of which Stripe must not be asked."""
RESERVING = (_R.PROPOSED, _R.REQUESTED, *IN_FORCE)
"""Refunds whose amount cannot go back a second time."""


class Refund(CausedByRequest, Base):
    """Part of a payment given back, or a credit note alone. `amount` and `credited` in minor units of the
    invoice's currency."""

    __tablename__ = "refunds"
    __table_args__ = (
        UniqueConstraint("issuer_id", "credit_note", name="uq_refunds_credit_note"),
        Index("ix_refunds_due", "status", "next_at"),
    )

    refund_id: Mapped[int] = mapped_column(BigId, primary_key=True)
    invoice_id: Mapped[int] = mapped_column(ForeignKey("invoices.invoice_id"), index=True)
    issuer_id: Mapped[int] = mapped_column(ForeignKey("issuers.issuer_id"))
    payment_id: Mapped[int | None] = mapped_column(ForeignKey("payments.payment_id"), index=True)
    """Empty: a credit note without a payment, of which nothing goes back: `amount` is zero."""
    gateway_id: Mapped[str | None] = mapped_column(String(80), unique=True)
    """Stripe's `re_…`; empty for refunds by other channels, and until Stripe has answered."""
    idempotency_key: Mapped[str | None] = mapped_column(String(120), unique=True)
    channel: Mapped[Channel] = mapped_column(status_type(Channel))
    amount: Mapped[int] = mapped_column(BigInteger)
    credited: Mapped[int] = mapped_column(BigInteger)
    """How much of it a credit note takes off the invoice. The rest returns a surplus, or is owed again."""
    credited_before: Mapped[int | None] = mapped_column(BigInteger)
    """What credit notes in force with lower numbers had taken off the invoice when this one's was emailed, or
    take off it until then; empty: there is none, or it is older than this column."""
    owed_again: Mapped[bool | None]
    """Whether nothing is credited, by the wish of whoever asked; empty: older than this column, or made at
    Stripe."""
    currency: Mapped[str] = mapped_column(String(3))
    status: Mapped[RefundStatus] = mapped_column(status_type(RefundStatus))
    reason: Mapped[str] = mapped_column(Text, default="")
    """For the customer: it stands in the notice and on the credit note."""
    failure: Mapped[str] = mapped_column(Text, default="")
    credit_note: Mapped[int | None]
    """Its number, counted per issuer; empty while nothing was credited."""
    actor: Mapped[str] = mapped_column(String(120))
    decided_by: Mapped[str] = mapped_column(String(320), default="", server_default="")
    """Who approved or refused it; empty: nobody had to."""
    asked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When it was asked for, if it was approved later: that is `created_at` then, which dates its note."""
    request_key: Mapped[str | None] = mapped_column(String(80), unique=True)
    tries: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)


class DisputeState(StrEnum):
    """Where a dispute stands, as far as the books care."""

    OPEN = "open"
    WON = "won"
    """The money stays (also: the inquiry was closed)."""
    LOST = "lost"
    """The money is gone; the invoice is owed again until staff say otherwise."""


_D = DisputeState
DISPUTE_MOVES: Moves[DisputeState] = {
    _D.OPEN: frozenset({_D.WON, _D.LOST}),
    _D.WON: frozenset({_D.LOST, _D.OPEN}),
    _D.LOST: frozenset({_D.WON, _D.OPEN}),
}


class Dispute(Base):
    """A customer's bank asks a payment back. `amount` in minor units of the invoice's currency."""

    __tablename__ = "disputes"
    __table_args__ = (Index("ix_disputes_payment", "payment_id"),)

    dispute_id: Mapped[str] = mapped_column(String(80), primary_key=True)
    """Stripe's `dp_…`, or `du_…`."""
    invoice_id: Mapped[int] = mapped_column(ForeignKey("invoices.invoice_id"), index=True)
    payment_id: Mapped[int] = mapped_column(ForeignKey("payments.payment_id"))
    amount: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(3))
    state: Mapped[DisputeState] = mapped_column(status_type(DisputeState))
    gateway_status: Mapped[str] = mapped_column(String(40))
    """Stripe's word, such as needs_response."""
    reason: Mapped[str] = mapped_column(String(60), default="")
    evidence_due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
