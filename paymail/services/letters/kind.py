"""What one kind of email consists of, beside the dataclass of its contents in `emails`."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy.orm import Session

from paymail.documents import Document, InvoiceDocument
from paymail.emails import Email
from paymail.models import Invoice, Message


@dataclass(frozen=True, slots=True)
class Source:
    """What a letter is built from. `invoice` has its issuer, customer and lines loaded; `date` is UTC."""

    session: Session
    message: Message
    invoice: Invoice
    public_url: str
    date: datetime


class Group(StrEnum):
    """Kinds of email that a contact gets or does not get. The value is the contact's column."""

    INVOICES = "invoices"
    REMINDERS = "reminders"
    RECEIPTS = "receipts"


SendRule = Callable[[Invoice], str]
"""Returns why a message is dropped as its invoice stands now; nothing if it may go out."""


@dataclass(frozen=True, slots=True)
class Kind:
    """How the letters of a kind are built, and when they may go out. No field may be forgotten."""

    email: Callable[[Source], Email]
    document: Callable[[Source], Document | None] | None
    """What is attached, under the document's `filename`; None for a kind that never attaches anything."""
    threaded: bool
    """Whether it answers the first email about its invoice, so that mail readers show one conversation."""
    group: Group | None
    """Which contacts get it too; None for what is not for the customer."""
    send_rule: SendRule | None
    """None for reminders alone: `delivery/permission.py` asks about their holds and business hours too."""
    enclosed: Callable[[Source], InvoiceDocument | None] = lambda _source: None
    """The invoice that goes along with `document`."""
