"""What every change to an invoice's money has in common. All under the invoice's lock."""

from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from paymail.models import (
    PAYMENT_MOVES,
    AttemptStatus,
    Invoice,
    InvoiceStatus,
    Issuer,
    MessageKind,
    Payment,
    PaymentAttempt,
    PaymentStatus,
    check_move,
)
from paymail.money import Money
from paymail.services.core import history
from paymail.services.outbox import dedupe_keys, notices, queue, wake
from paymail.services.outbox.open_reminders import suppress_open, write_open_afresh

SETTLED = (PaymentStatus.PAID, PaymentStatus.REFUNDED, PaymentStatus.PARTIALLY_REFUNDED)


def status_of(invoice: Invoice, *, clearing: bool) -> PaymentStatus:
    """Return where an invoice's money stands by its amounts; `clearing` says that a payment is under way."""
    if clearing and invoice.balance:
        return PaymentStatus.PROCESSING
    missing = invoice.total - invoice.amount_credited - invoice.received
    if missing > 0:
        return PaymentStatus.PARTIAL if invoice.received > 0 else PaymentStatus.UNPAID
    if invoice.amount_credited and not invoice.amount_refunded:
        # By a credit note without a payment. Nothing went back, and nobody paid where nothing arrived.
        return PaymentStatus.PAID if invoice.received > 0 else PaymentStatus.UNPAID
    if invoice.amount_credited:
        return PaymentStatus.PARTIALLY_REFUNDED if invoice.received > 0 else PaymentStatus.REFUNDED
    return PaymentStatus.PAID


def open_books(invoice: Invoice, *, received: int = 0) -> None:
    """Begin a new invoice's account; `received` (minor units) arrived before, and is entered beside it."""
    invoice.amount_refunded = invoice.amount_charged_back = 0
    invoice.amount_credited = invoice.amount_written_off = 0
    invoice.amount_paid = received
    invoice.payment_status = status_of(invoice, clearing=False)


def update_status(
    session: Session, *, invoice: Invoice, now: datetime, owed_before: int | None = None
) -> None:
    """Bring an invoice's payment status and reminders to its amounts and attempts.

    `owed_before` is the balance (minor units) before money went back, or came again: what is owed again is
    owed from now on.
    """
    target = status_of(invoice, clearing=_clears(session, invoice.invoice_id))
    if invoice.payment_status is PaymentStatus.PROCESSING and target is not PaymentStatus.PROCESSING:
        wake.wake_held(session, invoice_id=invoice.invoice_id, now=now)
    if owed_before is not None and invoice.balance > owed_before:
        # Owed again, after a dispute or a refund: its old steps are not, and no volley goes out.
        invoice.reminders_from = now
    if invoice.payment_status is not target:
        check_move(PAYMENT_MOVES, invoice.payment_status, target)
        invoice.payment_status = target
    invoice.updated_at = now
    invoice.next_reminder_at = now
    write_open_afresh(session, invoice_id=invoice.invoice_id)


def _clears(session: Session, invoice_id: int) -> bool:
    statement = select(PaymentAttempt.attempt_id).where(
        PaymentAttempt.invoice_id == invoice_id, PaymentAttempt.status == AttemptStatus.PROCESSING
    )
    return session.scalar(statement.limit(1)) is not None


def enter_payment(
    session: Session, *, invoice: Invoice, payment: Payment, actor: str, now: datetime, receipt: bool = True
) -> None:
    """Write a payment into the books: amounts, status, timeline, the end of reminders, one receipt.

    The caller fills in all of `payment` but its balance and receipt number. Amounts in minor units. Without
    `receipt` none is mailed: staff can still send it.
    """
    invoice.amount_paid += payment.amount
    update_status(session, invoice=invoice, now=now)
    payment.balance_after = invoice.balance
    payment.receipt_number = next_number(session, issuer_id=invoice.issuer_id, last=Issuer.last_receipt)
    session.add(payment)
    session.flush()
    tell(session, invoice=invoice, payment=payment, actor=actor, now=now)
    if receipt:
        _queue_receipt(session, invoice, payment, actor, now)
    reason = "a part payment was received" if invoice.balance else "already paid"
    suppress_open(session, invoice_id=invoice.invoice_id, reason=reason, now=now)


def next_number(session: Session, *, issuer_id: int, last: InstrumentedAttribute[int], count: int = 1) -> int:
    """Count up an issuer's column `last`, in the database: two invoices may be paid at the same moment.

    Of `count` numbers the last one is returned.
    """
    counted = update(Issuer).where(Issuer.issuer_id == issuer_id).values({last: last + count})
    return session.scalars(counted.returning(last)).one()


def tell(session: Session, *, invoice: Invoice, payment: Payment, actor: str, now: datetime) -> None:
    """Note an entered payment in the history, and tell staff of what was not owed."""
    how = payment.method or "card"
    which = f", intent {payment.intent_id}" if payment.intent_id else ""
    detail = f"{Money(payment.amount, payment.currency)} by {how}{which}"
    note(session, invoice=invoice, kind="payment_received", actor=actor, now=now, detail=detail)
    if invoice.overpaid:
        surplus = str(Money(invoice.overpaid, invoice.currency))
        note(session, invoice=invoice, kind="overpaid", actor=actor, now=now, detail=surplus)
    if invoice.overpaid or invoice.status is InvoiceStatus.VOID:
        _tell_of_surplus(session, invoice, payment, now)


def _queue_receipt(session: Session, invoice: Invoice, payment: Payment, actor: str, now: datetime) -> None:
    queue_email(
        session,
        invoice=invoice,
        kind=MessageKind.RECEIPT,
        key=dedupe_keys.receipt(payment_id=payment.payment_id, intent_id=payment.intent_id),
        actor=actor,
        now=now,
        payment_id=payment.payment_id,
    )


def _tell_of_surplus(session: Session, invoice: Invoice, payment: Payment, now: datetime) -> None:
    """Money that nothing is owed for must be seen by a person: it is the customer's."""
    void = invoice.status is InvoiceStatus.VOID
    owner = (
        "the invoice is void"
        if void
        else f"{Money(invoice.overpaid, invoice.currency)} of it is an overpayment"
    )
    notices.tell_staff(
        session,
        invoice_id=invoice.invoice_id,
        about="surplus",
        key=payment.payment_id,
        headline="A payment was received that was not owed",
        detail=f"{Money(payment.amount, payment.currency)} was received, but {owner}. Refund it, or agree"
        " with the customer to keep it.",
        now=now,
    )


def queue_email(
    session: Session, *, invoice: Invoice, kind: MessageKind, key: str, actor: str, now: datetime, **more: Any
) -> None:
    """Queue an email about money that moved, at once, and note it; the same key never makes a second."""
    queued = queue.add(
        session, dedupe_key=key, kind=kind, invoice=invoice, actor=actor, now=now, urgent=True, **more
    )
    if queued.created:
        history.record(
            session,
            invoice_id=invoice.invoice_id,
            kind="email_queued",
            actor=actor,
            now=now,
            detail=f"{kind} email",
            message_id=queued.message_id,
        )


def note(
    session: Session, *, invoice: Invoice, kind: str, actor: str, now: datetime, detail: str = ""
) -> None:
    """Write one line into the invoice's history."""
    history.record(session, invoice_id=invoice.invoice_id, kind=kind, actor=actor, now=now, detail=detail)
