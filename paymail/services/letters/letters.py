"""Which letter a message row stands for."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from paymail.documents import Document
from paymail.emails import TO_STAFF
from paymail.models import TO_NAMED, Blob, ContactRole, Invoice, Message, MessageKind, MessageState
from paymail.ports.rendering import Copies, Enclosed, Frozen, Letter
from paymail.services.core import read_ahead
from paymail.services.core.invoices import load_invoice, local_date
from paymail.services.letters import issued_documents, own_words
from paymail.services.letters.addressees import mailed
from paymail.services.letters.kind import Source
from paymail.services.letters.kinds import KINDS

LATE = timedelta(minutes=30)
_AHEAD = "threads"
_HANDED_OVER = (MessageState.SENT, MessageState.BOUNCED, MessageState.UNKNOWN, MessageState.HANDOVER)
_ABOUT_INVOICE = (
    Message.kind.not_in((*TO_STAFF, *TO_NAMED, MessageKind.STATEMENT)),
    Message.state.in_(_HANDED_OVER),
)
SPEAKS_OF_DAYS = (MessageKind.REMINDER, MessageKind.STATEMENT)


def letter_date(message: Message, invoice: Invoice, now: datetime) -> datetime:
    """Return the Date header of a message that is written now: the time it was due.

    So a preview shows the very bytes that will be sent. Only what is late by more than LATE is dated now: an
    old Date costs it points with spam filters. So is what was due on another day and speaks of days.
    """
    if now <= message.next_at:
        return message.next_at
    other_day = message.kind in SPEAKS_OF_DAYS and not _same_day(invoice, message.next_at, now)
    return now if other_day or now - message.next_at >= LATE else message.next_at


def says_today(session: Session, *, message: Message, invoice: Invoice, now: datetime) -> bool:
    """Whether the kept bytes of a message say nothing of another day: a reminder counts days.

    A statement never says what is true at its next try: it speaks of invoices whose money moves meanwhile,
    so not even one that was handed over before keeps its bytes.

    Another kind that may have been delivered already keeps them: what was sent can be shown again.
    """
    kept = message.mime_sha256
    if message.kind is MessageKind.STATEMENT:
        return kept is None
    if message.kind not in SPEAKS_OF_DAYS or kept is None or message.handed_over_at is not None:
        return True
    written = session.scalar(select(Blob.created_at).where(Blob.sha256 == kept))
    return written is None or _same_day(invoice, written, now)


def _same_day(invoice: Invoice, one: datetime, other: datetime) -> bool:
    return local_date(invoice.issuer, one) == local_date(invoice.issuer, other)


def letter_for(session: Session, *, message: Message, public_url: str, date: datetime) -> Letter:
    """Return the letter of a message as things stand now. `date` becomes its Date header."""
    invoice = load_invoice(session, invoice_id=message.invoice_id)
    kind = KINDS[message.kind]
    source = Source(session, message, invoice, public_url, date)
    document = kind.document(source) if kind.document else None
    enclosed = kind.enclosed(source)
    issuer, to_staff = invoice.issuer, message.kind in TO_STAFF
    found = mailed(session, message=message, invoice=invoice)
    email = kind.email(source)
    words, wording_id = own_words.of_email(session, issuer_id=issuer.issuer_id, email=email)
    first, *others = found.named(ContactRole.TO) or (_on_file(message, invoice),)
    return Letter(
        email=email,
        document=document,
        filename=document.filename if document else "",
        from_name=issuer.name,
        from_address=issuer.email,
        to_name=_to_name(message, invoice),
        to_address=first,
        reply_to="" if to_staff else issuer.reply_to,
        message_id=message.header_id,
        date=date,
        in_reply_to=_thread_root(session, message) if kind.threaded else "",
        version=_version(session, invoice, document),
        copies=Copies(tuple(others), found.named(ContactRole.CC), found.named(ContactRole.BCC)),
        enclosed=Enclosed(enclosed, _version(session, invoice, enclosed)) if enclosed else None,
        words=words,
        wording_id=wording_id,
    )


def _on_file(message: Message, invoice: Invoice) -> str:
    """Return the address of an email that nobody can be sent now, which staff may still look at."""
    return message.recipient if message.kind in TO_NAMED else invoice.customer.email


def _to_name(message: Message, invoice: Invoice) -> str:
    if message.kind in TO_NAMED:
        return ""  # whose the address is, nobody said
    return invoice.issuer.name if message.kind in TO_STAFF else invoice.customer.name


def _version(session: Session, invoice: Invoice, document: Document | None) -> Frozen | None:
    if document is None:
        return None
    return issued_documents.frozen(session, invoice=invoice, document=document)


def _thread_root(session: Session, message: Message) -> str:
    """Return the Message-ID of the first email about the invoice, or nothing for that one itself.

    That is the invoice email, or a reminder where the host mailed the invoice.
    """
    known = read_ahead.known(session, _AHEAD).get(message.invoice_id)
    if known is not None:
        return next((header for number, header in known if number != message.message_id), "")
    first = (
        select(Message.header_id)
        .where(
            Message.invoice_id == message.invoice_id,
            *_ABOUT_INVOICE,
            Message.message_id != message.message_id,
        )
        .order_by(Message.message_id)
        .limit(1)
    )
    return session.scalar(first) or ""


def read_threads(session: Session, *, invoice_ids: Iterable[int]) -> None:
    """Read ahead which emails about some invoices later ones answer."""
    wanted = set(invoice_ids)
    statement = select(Message.invoice_id, Message.message_id, Message.header_id)
    statement = statement.where(Message.invoice_id.in_(wanted), *_ABOUT_INVOICE)
    found: dict[int, list[tuple[int, str]]] = {invoice_id: [] for invoice_id in wanted}
    for invoice_id, message_id, header_id in session.execute(statement.order_by(Message.message_id)):
        found[invoice_id].append((message_id, header_id))
    read_ahead.keep(session, _AHEAD, found)
