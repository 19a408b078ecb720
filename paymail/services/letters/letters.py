"""Which letter a message row stands for."""

import re
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from paymail.documents import Document
from paymail.emails import Email, Tone
from paymail.errors import InvalidInput
from paymail.models import Invoice, Message, MessageState, Payment, Refund
from paymail.money import Money
from paymail.ports.rendering import Letter
from paymail.services.core.documents import invoice_document, receipt_document
from paymail.services.core.invoices import load_invoice, local_date
from paymail.services.letters.credit_notes import credit_note_document, failed_payment_email, refund_email
from paymail.services.letters.email_contents import (
    invoice_email,
    link_email,
    notice_email,
    receipt_email,
    reminder_email,
)
from paymail.services.links import pay_links


class UnknownKind(InvalidInput):
    """The message names an email kind that this code does not write."""

    code = "unknown_email_kind"


class NoAmount(InvalidInput):
    """The message about a failed payment names no amount."""

    code = "no_amount"


LATE = timedelta(minutes=30)


def letter_date(message: Message, now: datetime) -> datetime:
    """Return the Date header of a message that is written now: the time it was due.

    So a preview shows the very bytes that will be sent. Only what is late by more than LATE is dated now:
    an old Date costs it points with spam filters.
    """
    return message.next_at if now - message.next_at < LATE else now


def letter_for(session: Session, *, message: Message, public_url: str, date: datetime) -> Letter:
    """Return the letter of a message as things stand now. `date` becomes its Date header."""
    invoice = load_invoice(session, invoice_id=message.invoice_id)
    email, document, filename = _contents(session, message, invoice, public_url, date)
    issuer = invoice.issuer
    to_staff = message.kind == "notice"
    return Letter(
        email=email,
        document=document,
        filename=filename,
        from_name=issuer.name,
        from_address=issuer.email,
        to_name=issuer.name if to_staff else invoice.customer.name,
        to_address=message.recipient,
        reply_to="" if to_staff else issuer.reply_to,
        message_id=message.header_id,
        date=date,
        in_reply_to="" if to_staff else _thread_root(session, message),
    )


def _contents(
    session: Session, message: Message, invoice: Invoice, public_url: str, date: datetime
) -> tuple[Email, Document | None, str]:
    plain_number = re.sub(r"[^A-Za-z0-9._-]+", "-", invoice.number)
    invoice_pdf = f"invoice-{plain_number}.pdf"
    match message.kind:
        case "invoice":
            return invoice_email(invoice, public_url), invoice_document(invoice, public_url), invoice_pdf
        case "reminder":
            today = local_date(invoice.issuer, date)
            email = reminder_email(invoice, Tone(message.tone), today, public_url, message.due_on)
            return email, invoice_document(invoice, public_url), invoice_pdf
        case "receipt":
            payment = session.get_one(Payment, message.payment_id)
            receipt = receipt_document(invoice, payment)
            return receipt_email(invoice, payment, public_url), receipt, f"receipt-{receipt.number}.pdf"
        case "refund":
            return _refund(session, message, invoice, public_url)
        case "payment_failed":
            if message.amount is None:
                raise NoAmount(f"message {message.message_id} does not say how much was not paid")
            amount = Money(message.amount, invoice.currency)
            return failed_payment_email(invoice, amount, public_url), None, ""
        case "link":
            return link_email(invoice, pay_links.last_day(invoice), public_url), None, ""
        case "notice":
            return notice_email(invoice, message.detail, public_url), None, ""
    raise UnknownKind(f"paymail writes no {message.kind!r} emails")


def _refund(
    session: Session, message: Message, invoice: Invoice, public_url: str
) -> tuple[Email, Document | None, str]:
    refund = session.get_one(Refund, message.refund_id)
    payment = session.get_one(Payment, refund.payment_id)
    email = refund_email(invoice, refund, payment, public_url)
    if not refund.credit_note:
        return email, None, ""
    note = credit_note_document(invoice, refund)
    return email, note, f"credit-note-{note.number}.pdf"


def _thread_root(session: Session, message: Message) -> str:
    """Return the Message-ID of the invoice email that this one answers, or nothing for the first one."""
    handed_over = (MessageState.SENT, MessageState.BOUNCED, MessageState.UNKNOWN, MessageState.HANDOVER)
    first = (
        select(Message.header_id)
        .where(
            Message.invoice_id == message.invoice_id,
            Message.kind == "invoice",
            Message.state.in_(handed_over),
            Message.message_id != message.message_id,
        )
        .order_by(Message.message_id)
        .limit(1)
    )
    return session.scalar(first) or ""
