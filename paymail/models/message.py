"""The outbox: one row per email, its tries, and the exact bytes that were handed over."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    Text,
    and_,
    literal_column,
    or_,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from paymail.db import UtcDateTime
from paymail.models.base import Base, BigId, CausedByRequest, OpenEnum, index_where_given, status_type
from paymail.models.moves import Moves


class MessageKind(StrEnum):
    """What an email is about. docs/contributing.md says what a new kind consists of."""

    INVOICE = "invoice"
    """The invoice itself, with its PDF."""
    RECEIPT = "receipt"
    """Thanks for one payment, with the receipt."""
    REMINDER = "reminder"
    """A step of the reminder ladder, or one that staff ask for."""
    NOTICE = "notice"
    """To the issuer's staff, never to the customer: something needs a person."""
    REFUND = "refund"
    """Money goes back, with the credit note if there is one."""
    PAYMENT_FAILED = "payment_failed"
    """A slow payment was refused after all."""
    LINK = "link"
    """A new pay link, which the customer asked for."""
    PLAN = "plan"
    """A payment plan was agreed on or changed."""
    VOID = "void"
    """An invoice that was emailed is cancelled."""
    COPY = "copy"
    """A copy of an invoice or a receipt to one further address, which `recipient` names."""
    ANSWER = "answer"
    """What staff answer to who says that something is wrong with an invoice, which `recipient` names."""
    STATEMENT = "statement"
    """A customer's statement of account in the currency of its invoice, which is the newest of them."""


TO_NAMED = (MessageKind.COPY, MessageKind.ANSWER)
"""The kinds that go to an address that somebody named, and nowhere else."""


class MessageState(StrEnum):
    """Where an email stands."""

    SCHEDULED = "scheduled"
    """Waits for `next_at`; any worker may claim it. Nothing is in flight."""
    SENDING = "sending"
    """Claimed: being rendered or sent, but for the final dot. After a crash the lease runs out and it is
    claimed again; safe, since nothing can have been accepted."""
    HANDOVER = "handover"
    """The dot may have been sent. After a crash the lease runs out and it becomes unknown, never resent."""
    SENT = "sent"
    """The server accepted it."""
    UNKNOWN = "unknown"
    """It may or may not have been accepted, or it was due when the database was restored from a backup.
    Staff, or later proof, decide."""
    FAILED = "failed"
    """Certainly not accepted, and no more tries follow; `reason` says why."""
    CANCELLED = "cancelled"
    """Staff withdrew it before handover."""
    SUPPRESSED = "suppressed"
    """paymail decided not to send it (paid meanwhile, void, …); `reason` says why."""
    BOUNCED = "bounced"
    """Accepted, then returned."""


_S = MessageState
MESSAGE_MOVES: Moves[MessageState] = {
    _S.SCHEDULED: frozenset({_S.SENDING, _S.CANCELLED, _S.SUPPRESSED, _S.UNKNOWN}),
    _S.SENDING: frozenset(
        {_S.HANDOVER, _S.SCHEDULED, _S.FAILED, _S.CANCELLED, _S.SUPPRESSED, _S.SENDING, _S.UNKNOWN}
    ),
    _S.HANDOVER: frozenset({_S.SENT, _S.SCHEDULED, _S.FAILED, _S.UNKNOWN}),
    _S.UNKNOWN: frozenset({_S.SENT, _S.FAILED, _S.SCHEDULED}),
    _S.SENT: frozenset({_S.BOUNCED}),
    _S.FAILED: frozenset(),
    _S.CANCELLED: frozenset(),
    _S.SUPPRESSED: frozenset(),
    _S.BOUNCED: frozenset(),
}
OPEN_STATES = (_S.SCHEDULED, _S.SENDING, _S.HANDOVER)


_EMAIL = text(f"kind = '{MessageKind.INVOICE}'")
_INVOICE_EMAILS: dict[str, Any] = {"postgresql_where": _EMAIL, "sqlite_where": _EMAIL}
"""Written as `services/lists/delivery_state.py` asks for them."""
_SCHEDULED, _OUT = text("state = 'scheduled'"), text("state <> 'scheduled'")


class Message(CausedByRequest, Base):
    """One email to be sent at `next_at`. Every write after the claim is guarded by `state` and `fence`."""

    __tablename__ = "messages"
    __table_args__ = (
        Index(
            "ix_messages_scheduled",
            *("urgent", "next_at", "message_id"),
            postgresql_where=_SCHEDULED,
            sqlite_where=_SCHEDULED,
        ),
        Index("ix_messages_out", "state", "message_id", postgresql_where=_OUT, sqlite_where=_OUT),
        Index("ix_messages_bulk", "bulk_id", "state"),
        Index("ix_messages_invoice", "invoice_id", "message_id"),
        index_where_given("ix_messages_payment", "payment_id"),
        Index("ix_messages_emails", "invoice_id", "message_id", "state", **_INVOICE_EMAILS),
        Index("ix_messages_kind", "kind", "message_id"),
        index_where_given("ix_messages_handed_over", "handed_over_at"),
        index_where_given("ix_messages_mime", "mime_sha256"),
        index_where_given("ix_messages_pdf", "pdf_sha256"),
        index_where_given("ix_messages_enclosed", "enclosed_sha256"),
    )

    message_id: Mapped[int] = mapped_column(BigId, primary_key=True)
    dedupe_key: Mapped[str] = mapped_column(String(120), unique=True)
    kind: Mapped[MessageKind] = mapped_column(OpenEnum(MessageKind))
    invoice_id: Mapped[int] = mapped_column(ForeignKey("invoices.invoice_id"))
    payment_id: Mapped[int | None] = mapped_column(ForeignKey("payments.payment_id"))
    bulk_id: Mapped[int | None] = mapped_column(ForeignKey("bulk_sends.bulk_id"))
    refund_id: Mapped[int | None] = mapped_column(ForeignKey("refunds.refund_id"))
    amount: Mapped[int | None] = mapped_column(BigInteger)
    """Of a payment that failed, in minor units of the invoice's currency."""
    failed_method: Mapped[str] = mapped_column(String(80), default="")
    """What it was made with, for people: `Bank debit ending 6789`; empty: nobody said."""
    failed_on: Mapped[date | None] = mapped_column()
    """The day on which the customer began it, by the issuer's calendar; empty: nobody said."""
    step: Mapped[str] = mapped_column(String(8), default="")
    """The reminder's step of the ladder as it is shown: days from due, such as `-3` or `7`, or `hand`."""
    due_on: Mapped[date | None] = mapped_column()
    """The due date that a reminder of the ladder counts from."""
    statement_since: Mapped[date | None]
    """The first day of a statement; empty: 90 days before its last one, on which it is written."""
    by_hand: Mapped[bool] = mapped_column(default=False)
    """A reminder that staff asked for: business hours and the ladder do not concern it."""
    tone: Mapped[str] = mapped_column(String(12), default="")
    detail: Mapped[str] = mapped_column(Text, default="")
    """The text of a notice to staff: its headline, and the rest below; of a payment that failed, the bank's
    code for why. Nothing is decided by it."""
    state: Mapped[MessageState] = mapped_column(status_type(MessageState), default=_S.SCHEDULED)
    reason: Mapped[str] = mapped_column(Text, default="")
    """Why it is where it is, for people. Nothing is decided by it."""
    held: Mapped[bool] = mapped_column(default=False)
    """Scheduled, and waits for a hold to end."""
    next_at: Mapped[datetime] = mapped_column(UtcDateTime)
    attempts: Mapped[int] = mapped_column(default=0)
    fence: Mapped[int] = mapped_column(default=0)
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    crashes: Mapped[int] = mapped_column(default=0)
    """How often a worker vanished while it held this message."""
    urgent: Mapped[bool] = mapped_column(default=False)
    """Receipts and notices do not wait behind a bulk send."""
    give_up_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """Deadline of the tries, set at the first failure."""
    handed_over_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    sender_gate: Mapped[str] = mapped_column(String(40), default="")
    destination: Mapped[str] = mapped_column(String(255), default="")
    """The recipient's domain in IDNA, lower case: what a deferral defers."""
    actor: Mapped[str] = mapped_column(String(120))
    header_id: Mapped[str] = mapped_column(String(120), unique=True)
    """The Message-ID header, fixed when the row is written, so that replies and bounces can be matched."""
    recipient: Mapped[str] = mapped_column(Text)
    """Envelope recipients, one per line."""
    subject: Mapped[str] = mapped_column(Text, default="")
    sender: Mapped[str] = mapped_column(String(320), default="")
    mime_sha256: Mapped[str | None] = mapped_column(ForeignKey("blobs.sha256"))
    pdf_sha256: Mapped[str | None] = mapped_column(ForeignKey("blobs.sha256"))
    enclosed_sha256: Mapped[str | None] = mapped_column(String(64))
    """Of the paid invoice that went along with a receipt."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    settled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


def in_state(*states: MessageState) -> ColumnElement[bool]:
    """Return the condition that a message is in one of some states, by which its two indexes are found.

    Beside the states it says what the indexes say, word for word: no database takes one for a bound value.
    """
    queued = Message.state == literal_column("'scheduled'")
    others = [state for state in states if state is not _S.SCHEDULED]
    out = and_(Message.state != literal_column("'scheduled'"), Message.state.in_(others))
    if not others:
        return queued
    return or_(queued, out) if _S.SCHEDULED in states else out


DIGESTS = (Message.mime_sha256, Message.pdf_sha256, Message.enclosed_sha256)
"""The columns that name the bytes of a message in `blobs`."""
UNWRITTEN = dict.fromkeys(("mime_sha256", "pdf_sha256", "enclosed_sha256"))
"""Their values in a message that is to be written anew."""


class DeliveryAttempt(Base):
    """One try at handing over a message: what was tried, when, and what came back."""

    __tablename__ = "delivery_attempts"

    attempt_id: Mapped[int] = mapped_column(BigId, primary_key=True)
    message_id: Mapped[int] = mapped_column(ForeignKey("messages.message_id"), index=True)
    fence: Mapped[int]
    ended_at: Mapped[datetime] = mapped_column(UtcDateTime)
    verdict: Mapped[str] = mapped_column(String(24))
    phase: Mapped[str] = mapped_column(String(24), default="")
    code: Mapped[int] = mapped_column(default=0)
    detail: Mapped[str] = mapped_column(Text, default="")


_NOT_ERASED = text("erased_at IS NULL")


class Blob(Base):
    """Bytes by their SHA-256: the MIME handed over, the PDF attached. Never changed, but by erasure."""

    __tablename__ = "blobs"
    __table_args__ = (
        Index(
            "ix_blobs_kept", "created_at", "sha256", postgresql_where=_NOT_ERASED, sqlite_where=_NOT_ERASED
        ),
    )

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    size: Mapped[int] = mapped_column(BigInteger)
    content: Mapped[bytes] = mapped_column(LargeBinary)
    """Empty once erased, by retention or on a person's request; the digest stays as proof."""
    erased_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
