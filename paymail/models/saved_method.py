"""Payment methods that customers saved for an issuer, and the customers that Stripe knows them by."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from paymail.db import UtcDateTime
from paymail.models.base import Base, BigId, status_type
from paymail.models.moves import Moves


class SavedMethodState(StrEnum):
    """Where a saved payment method stands."""

    SAVED = "saved"
    """Attached at Stripe, and shown to the customer. A crash changes nothing."""
    REMOVING = "removing"
    """It is not shown or used any more; the sweep detaches it at Stripe, as often as it takes."""
    REMOVED = "removed"
    """Detached at Stripe; it can never be charged again."""


_S = SavedMethodState
SAVED_METHOD_MOVES: Moves[SavedMethodState] = {
    _S.SAVED: frozenset({_S.REMOVING, _S.REMOVED}),
    _S.REMOVING: frozenset({_S.REMOVED}),
    _S.REMOVED: frozenset(),
}


class SavedMethod(Base):
    """A payment method that a customer ticked to save, on one issuer's Stripe account. Nothing charges it."""

    __tablename__ = "saved_methods"
    __table_args__ = (
        Index("ix_saved_methods_customer", "customer_id", "state"),
        Index("ix_saved_methods_due", "state", "next_at"),
        Index("ix_saved_methods_invoice", "invoice_id"),
    )

    saved_method_id: Mapped[int] = mapped_column(BigId, primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.customer_id"))
    invoice_id: Mapped[int] = mapped_column(ForeignKey("invoices.invoice_id"))
    """The invoice with whose payment it was saved."""
    account: Mapped[str] = mapped_column(String(60))
    method_id: Mapped[str] = mapped_column(String(80), unique=True)
    """Stripe's `pm_…`."""
    brand: Mapped[str] = mapped_column(String(60), default="")
    """For people: `Visa`, `Bank debit`; empty once the customer is erased."""
    last4: Mapped[str] = mapped_column(String(4), default="")
    exp_month: Mapped[int | None]
    exp_year: Mapped[int | None]
    state: Mapped[SavedMethodState] = mapped_column(status_type(SavedMethodState), default=_S.SAVED)
    consent: Mapped[str] = mapped_column(String(20), default="")
    """Version of the text that the customer ticked; empty: none is on record, so it is removed."""
    consented_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    tries: Mapped[int] = mapped_column(default=0)
    failure: Mapped[str] = mapped_column(Text, default="")
    """Why Stripe could not detach it yet."""
    next_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)

    @property
    def label(self) -> str:
        """What it is called, as payments call it: `Visa ending 4242`."""
        return f"{self.brand} ending {self.last4}" if self.last4 else self.brand


class GatewayCustomer(Base):
    """A customer of ours at Stripe, on one issuer's account. It holds no name and no address there."""

    __tablename__ = "gateway_customers"
    __table_args__ = (UniqueConstraint("customer_id", "account", name="uq_gateway_customers_account"),)

    gateway_customer_id: Mapped[int] = mapped_column(BigId, primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.customer_id"))
    account: Mapped[str] = mapped_column(String(60))
    gateway_id: Mapped[str | None] = mapped_column(String(80))
    """Stripe's `cus_…`; empty until Stripe has answered."""
    idempotency_key: Mapped[str] = mapped_column(String(120), unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
