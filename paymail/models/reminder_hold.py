"""Why the reminders of an invoice wait."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from paymail.db import UtcDateTime
from paymail.models.base import Base, BigId, OpenEnum, status_type


class HoldReason(StrEnum):
    """Why reminders wait."""

    PROMISED = "promised"
    """The customer said when they will pay."""
    CLAIMED = "claimed"
    """The customer says that they have paid already."""
    DISPUTED = "disputed"
    """The customer disputes the invoice or a payment of it."""
    OBJECTED = "objected"
    """The customer says that something is wrong with the invoice, and has no answer yet."""
    BOUNCED = "bounced"
    """The customer's address does not take mail."""
    REFUSED = "refused"
    """A receiver refuses the sender's DNS records or reputation; the address may be sound."""
    COMPLAINED = "complained"
    """The customer reported an email as spam."""
    HOST = "host"
    """The host calls the invoice paid or void, in a record that was refused."""
    STAFF = "staff"
    """Staff asked for it."""


class HoldOrigin(StrEnum):
    """Whose word a hold rests on."""

    STAFF = "staff"
    CUSTOMER = "customer"
    """What somebody wrote on the pay page."""
    STRIPE = "stripe"
    """A dispute that Stripe told of."""
    HOST = "host"
    """What an import said."""
    BOUNCE = "bounce"
    """A report that an email came back or was complained about."""


class HoldEnd(StrEnum):
    """How a hold was ended before its time."""

    REPLACED = "replaced"
    """Another hold of the same reason took its place."""
    LIFTED = "lifted"
    """This one was lifted."""
    ALL_LIFTED = "all_lifted"
    """Every hold of the invoice was lifted at once."""


class ReminderHold(Base):
    """Why an invoice's reminders wait: a promise, a dispute, a bounce, or staff's wish."""

    __tablename__ = "reminder_holds"

    hold_id: Mapped[int] = mapped_column(BigId, primary_key=True)
    invoice_id: Mapped[int] = mapped_column(ForeignKey("invoices.invoice_id"), index=True)
    reason: Mapped[HoldReason] = mapped_column(OpenEnum(HoldReason))
    detail: Mapped[str] = mapped_column(Text, default="")
    until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """Ends by itself then; empty: only when lifted."""
    placed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    placed_by: Mapped[str] = mapped_column(String(120))
    origin: Mapped[HoldOrigin] = mapped_column(status_type(HoldOrigin), default=HoldOrigin.STAFF)
    lifted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    lifted_by: Mapped[str] = mapped_column(String(120), default="")
    ended: Mapped[HoldEnd | None] = mapped_column(status_type(HoldEnd))
    """How it ended at `lifted_at`; empty while it holds, and when its time ran out."""
