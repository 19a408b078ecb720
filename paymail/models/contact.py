"""Further addresses of a customer, and what became of an email at each address that it went to."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, false, true
from sqlalchemy.orm import Mapped, mapped_column

from paymail.db import UtcDateTime
from paymail.models.base import Base, BigId, status_type
from paymail.models.moves import Moves


class ContactRole(StrEnum):
    """How an address is named in an email."""

    TO = "to"
    """Written to, beside the customer's own address."""
    CC = "cc"
    """Gets a copy, and everybody sees it."""
    BCC = "bcc"
    """Gets a copy that nobody else sees."""


class ContactOrigin(StrEnum):
    """Whose word a contact is."""

    HOST = "host"
    STAFF = "staff"


class Contact(Base):
    """An address that gets some of a customer's emails, beside the customer's own one."""

    __tablename__ = "contacts"
    __table_args__ = (UniqueConstraint("customer_id", "email", name="uq_contacts_email"),)

    contact_id: Mapped[int] = mapped_column(BigId, primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.customer_id"))
    email: Mapped[str] = mapped_column(String(320))
    role: Mapped[ContactRole] = mapped_column(status_type(ContactRole))
    invoices: Mapped[bool] = mapped_column(server_default=true())
    """Gets invoices, new pay links and word of payments that failed."""
    reminders: Mapped[bool] = mapped_column(server_default=false())
    receipts: Mapped[bool] = mapped_column(server_default=false())
    """Gets receipts and word of refunds."""
    origin: Mapped[ContactOrigin] = mapped_column(status_type(ContactOrigin))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class RecipientState(StrEnum):
    """What became of an email at one of its addresses."""

    PENDING = "pending"
    """The email is written; no server has taken it for this address yet."""
    ACCEPTED = "accepted"
    """The server took it for this address."""
    REFUSED = "refused"
    """The server took the email, but not for this address."""
    BOUNCED = "bounced"
    """Accepted for this address, then returned."""
    SUPPRESSED = "suppressed"
    """The address must not be mailed, so it was left out."""


_R = RecipientState
RECIPIENT_MOVES: Moves[RecipientState] = {
    _R.PENDING: frozenset({_R.ACCEPTED, _R.REFUSED, _R.BOUNCED}),
    _R.ACCEPTED: frozenset({_R.BOUNCED}),
    _R.REFUSED: frozenset({_R.BOUNCED}),
    _R.BOUNCED: frozenset(),
    _R.SUPPRESSED: frozenset(),
}


class MessageRecipient(Base):
    """The fate of an email at one address. An email to a single address has none: the message says it all."""

    __tablename__ = "message_recipients"
    __table_args__ = (Index("ix_message_recipients_message", "message_id"),)

    recipient_id: Mapped[int] = mapped_column(BigId, primary_key=True)
    message_id: Mapped[int] = mapped_column(ForeignKey("messages.message_id"))
    address: Mapped[str] = mapped_column(String(320))
    """Lower case, domain in IDNA, as suppressions are kept."""
    role: Mapped[ContactRole] = mapped_column(status_type(ContactRole))
    state: Mapped[RecipientState] = mapped_column(status_type(RecipientState))
    reason: Mapped[str] = mapped_column(Text, default="")
    """What the server said, or why it was left out."""
    settled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
