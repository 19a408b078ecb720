"""Receipts after the first one: looked up, drawn, and sent again when somebody asks."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from paymail.documents import ReceiptDocument
from paymail.errors import Conflict
from paymail.models import Invoice, Message, MessageKind, Payment
from paymail.services.core import history, idempotency
from paymail.services.core.customers import CustomerErased, written_to
from paymail.services.core.documents import receipt_document, receipt_number
from paymail.services.core.invoices import load_invoice
from paymail.services.letters.issued_documents import kept_for
from paymail.services.outbox import dedupe_keys, queue, suppressions
from paymail.services.refunds.refund_requests import NoSuchPayment


class AddressSuppressed(Conflict):
    """The customer's address must not be mailed; an email to it would not go out."""

    code = "address_suppressed"


def payment_of(session: Session, *, payment_id: int) -> Payment:
    """Return a payment. Raises NoSuchPayment."""
    found = session.get(Payment, payment_id)
    if found is None:
        raise NoSuchPayment(f"payment {payment_id} not found")
    return found


def document(session: Session, *, payment_id: int) -> ReceiptDocument:
    """Return what the receipt PDF of a payment shows. Raises NoSuchPayment."""
    payment = payment_of(session, payment_id=payment_id)
    invoice = load_invoice(session, invoice_id=payment.invoice_id)
    return receipt_document(session, invoice=invoice, payment=payment)


def kept(session: Session, *, payment_id: int, document: ReceiptDocument) -> bytes | None:
    """Return the PDF of a payment's receipt as it was drawn before; None where it is still to be drawn."""
    of_payment = select(Payment.invoice_id).where(Payment.payment_id == payment_id)
    return kept_for(session, invoices=Invoice.invoice_id.in_(of_payment), document=document)


def messages(session: Session, *, payment_id: int) -> list[Message]:
    """Return the receipt emails of a payment, the first one first."""
    statement = select(Message).where(Message.payment_id == payment_id, Message.kind == MessageKind.RECEIPT)
    return list(session.scalars(statement.order_by(Message.message_id)))


def next_sequence(session: Session, *, payment_id: int) -> int:
    """Return the sequence that one further copy would have."""
    sent = select(func.count()).where(Message.payment_id == payment_id, Message.kind == MessageKind.RECEIPT)
    return max(session.scalar(sent) or 0, 1)


def send_again(
    session: Session,
    *,
    payment_id: int,
    actor: str,
    now: datetime,
    sequence: int | None = None,
    key: str = "",
) -> queue.Queued:
    """Queue a further copy of a payment's receipt.

    A page passes the `sequence` it showed, so that a double click is one copy; a program a `key` of its own
    (any text; different callers' keys must differ). Raises NoSuchPayment, CustomerErased, AddressSuppressed.
    """
    payment = payment_of(session, payment_id=payment_id)
    invoice = load_invoice(session, invoice_id=payment.invoice_id, lock=True)
    if invoice.customer.erased_at is not None:
        raise CustomerErased("this customer's personal data has been erased, so no email can be sent")
    suppressed = suppressions.active(session, address=invoice.customer.email)
    if suppressed and suppressions.covers(session, addresses=written_to(invoice.customer, "receipts")):
        why = suppressed.detail or suppressed.reason
        raise AddressSuppressed(f"{invoice.customer.email} is suppressed ({why}); lift the suppression first")
    if key:
        return _asked(session, invoice, payment, key, actor, now)
    following = next_sequence(session, payment_id=payment_id)
    wanted = min(sequence or following, following)
    dedupe_key = dedupe_keys.receipt_again(payment_id=payment_id, sequence=wanted)
    return _queue(session, invoice, payment, dedupe_key, actor, now)


def _asked(
    session: Session, invoice: Invoice, payment: Payment, key: str, actor: str, now: datetime
) -> queue.Queued:
    found, first = idempotency.reserve(
        session, scope=idempotency.receipt(payment.payment_id), key=key, actor=actor, now=now
    )
    if not first and found.message_id is not None:
        return queue.Queued(found.message_id, created=False)  # there is no content that could differ
    dedupe_key = dedupe_keys.receipt_asked(payment_id=payment.payment_id, key=found.key_digest)
    queued = _queue(session, invoice, payment, dedupe_key, actor, now)
    found.message_id = queued.message_id
    return queued


def _queue(
    session: Session, invoice: Invoice, payment: Payment, dedupe_key: str, actor: str, now: datetime
) -> queue.Queued:
    queued = queue.add(
        session,
        dedupe_key=dedupe_key,
        kind=MessageKind.RECEIPT,
        invoice=invoice,
        actor=actor,
        now=now,
        urgent=True,
        payment_id=payment.payment_id,
    )
    if queued.created:
        history.record(
            session,
            invoice_id=invoice.invoice_id,
            kind="email_queued",
            actor=actor,
            now=now,
            detail=f"another copy of receipt {receipt_number(payment)}",
            message_id=queued.message_id,
        )
    return queued
