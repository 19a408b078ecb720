"""The one path to paid: what Stripe says about an intent is written into the books, once.

confirm-payment, the webhook and the reconciler all come here with an intent that was just read from
Stripe. Nothing that a client says is used.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from paymail.errors import Conflict, NotFound, Unavailable
from paymail.models import (
    ATTEMPT_MOVES,
    PAYMENT_MOVES,
    AttemptStatus,
    Invoice,
    Issuer,
    Payment,
    PaymentAttempt,
    PaymentStatus,
    check_move,
)
from paymail.money import from_stripe_amount, to_decimal
from paymail.ports import Intent, IntentStatus
from paymail.services import dedupe, outbox, timeline, waking
from paymail.services.composing import load_invoice
from paymail.services.reminding.planning import withdraw_open


class UnknownIntent(NotFound):
    """No invoice of ours has this intent."""

    code = "unknown_intent"


class IntentMismatch(Conflict):
    """The intent is not what paymail asked for; nothing is recorded and staff must look."""

    code = "intent_mismatch"


@dataclass(frozen=True, slots=True)
class Settled:
    """What the books say now. `paid` is about this intent: its payment is recorded."""

    invoice_id: int
    paid: bool
    processing: bool
    recorded_now: bool


def attempt_of(session: Session, *, intent_id: str) -> PaymentAttempt:
    """Return the attempt of an intent. Raises UnknownIntent."""
    attempt = session.scalars(
        select(PaymentAttempt).where(PaymentAttempt.intent_id == intent_id)
    ).one_or_none()
    if attempt is None:
        raise UnknownIntent("this payment belongs to no invoice here")
    return attempt


class StaleRead(Unavailable):
    """The books have moved on since Stripe was asked; ask again."""

    code = "stale_intent"


def settle(
    session: Session, *, intent: Intent, source: str, now: datetime, seen: datetime | None = None
) -> Settled:
    """Bring attempt and invoice to what `intent`, just read from Stripe, says. Safe to repeat, in any order.

    `seen` is the attempt's `updated_at` before Stripe was asked: an answer "not paid" that is older than a
    payment that is clearing must not undo it.
    Raises UnknownIntent; IntentMismatch if account, currency, invoice or amount are not what was asked;
    StaleRead.
    """
    invoice_id = attempt_of(session, intent_id=intent.id).invoice_id
    invoice = load_invoice(session, invoice_id=invoice_id, lock=True)
    attempt = attempt_of(session, intent_id=intent.id)
    session.refresh(attempt)
    recorded = session.scalars(select(Payment).where(Payment.intent_id == intent.id)).one_or_none()
    if recorded is not None:
        return Settled(invoice_id, paid=True, processing=False, recorded_now=False)
    _check_belongs(intent, attempt)
    match intent.status:
        case IntentStatus.SUCCEEDED:
            _record(session, intent, attempt, invoice, source, now)
            return Settled(invoice_id, paid=True, processing=False, recorded_now=True)
        case IntentStatus.PROCESSING:
            _hold(session, attempt, invoice, source, now)
        case IntentStatus.CANCELED:
            _release(session, attempt, invoice, AttemptStatus.CANCELED, intent, source, now)
        case _:
            if attempt.status is AttemptStatus.PROCESSING and seen not in (None, attempt.updated_at):
                raise StaleRead("a payment began to clear while Stripe was asked")
            _release(session, attempt, invoice, AttemptStatus.OPEN, intent, source, now)
    processing = intent.status is IntentStatus.PROCESSING
    return Settled(invoice_id, paid=False, processing=processing, recorded_now=False)


def _check_belongs(intent: Intent, attempt: PaymentAttempt) -> None:
    expected = (attempt.account, attempt.currency, str(attempt.invoice_id))
    if (intent.account, intent.currency, intent.invoice_id) != expected:
        raise IntentMismatch("the payment's account, currency or invoice is not what was asked for")


def _record(
    session: Session, intent: Intent, attempt: PaymentAttempt, invoice: Invoice, source: str, now: datetime
) -> None:
    amount = from_stripe_amount(intent.amount_received, invoice.currency)
    if amount <= 0:
        raise IntentMismatch("Stripe reports success without an amount received")
    check_move(ATTEMPT_MOVES, attempt.status, AttemptStatus.SUCCEEDED)
    attempt.status, attempt.updated_at = AttemptStatus.SUCCEEDED, now
    invoice.amount_paid += amount
    _set_payment_status(invoice, PaymentStatus.PARTIAL if invoice.balance else PaymentStatus.PAID, now)
    payment = Payment(
        invoice_id=invoice.invoice_id,
        issuer_id=invoice.issuer_id,
        intent_id=intent.id,
        account=intent.account,
        amount=amount,
        currency=invoice.currency,
        method=intent.method,
        source=source,
        balance_after=invoice.balance,
        receipt_number=_next_receipt(session, invoice.issuer_id),
        received_at=now,
    )
    session.add(payment)
    session.flush()
    _tell(session, invoice, payment, source, now)
    reason = "a part was paid meanwhile" if invoice.balance else "paid meanwhile"
    withdraw_open(session, invoice_id=invoice.invoice_id, reason=reason, now=now)
    invoice.next_reminder_at = now


def _next_receipt(session: Session, issuer_id: int) -> int:
    """Count up in the database: two invoices of one issuer may be paid at the same moment."""
    counted = update(Issuer).where(Issuer.issuer_id == issuer_id).values(last_receipt=Issuer.last_receipt + 1)
    return session.scalars(counted.returning(Issuer.last_receipt)).one()


def _tell(session: Session, invoice: Invoice, payment: Payment, source: str, now: datetime) -> None:
    paid = f"{invoice.currency} {to_decimal(payment.amount, invoice.currency)}"
    timeline.record(
        session,
        invoice_id=invoice.invoice_id,
        kind="payment_received",
        actor=source,
        now=now,
        detail=f"{paid} by {payment.method or 'card'}, intent {payment.intent_id}",
    )
    if invoice.overpaid:
        surplus = f"{invoice.currency} {to_decimal(invoice.overpaid, invoice.currency)}"
        timeline.record(
            session, invoice_id=invoice.invoice_id, kind="overpaid", actor=source, now=now, detail=surplus
        )
    queued = outbox.add(
        session,
        dedupe_key=dedupe.receipt(intent_id=str(payment.intent_id)),
        kind="receipt",
        invoice=invoice,
        actor=source,
        now=now,
        urgent=True,
        payment_id=payment.payment_id,
    )
    timeline.record(
        session,
        invoice_id=invoice.invoice_id,
        kind="email_queued",
        actor=source,
        now=now,
        detail="receipt email",
        message_id=queued.message_id,
    )


def _hold(session: Session, attempt: PaymentAttempt, invoice: Invoice, source: str, now: datetime) -> None:
    if attempt.status is not AttemptStatus.PROCESSING:
        check_move(ATTEMPT_MOVES, attempt.status, AttemptStatus.PROCESSING)
        attempt.status, attempt.updated_at = AttemptStatus.PROCESSING, now
        timeline.record(
            session, invoice_id=invoice.invoice_id, kind="payment_processing", actor=source, now=now
        )
    if invoice.payment_status in (PaymentStatus.UNPAID, PaymentStatus.PARTIAL):
        _set_payment_status(invoice, PaymentStatus.PROCESSING, now)


def _release(
    session: Session,
    attempt: PaymentAttempt,
    invoice: Invoice,
    target: AttemptStatus,
    intent: Intent,
    source: str,
    now: datetime,
) -> None:
    """The intent is not paid: a held invoice is owed again."""
    if attempt.status is not target and target in ATTEMPT_MOVES[attempt.status]:
        was_processing = attempt.status is AttemptStatus.PROCESSING
        attempt.status, attempt.updated_at = target, now
        if was_processing or target is AttemptStatus.CANCELED:
            kind = "payment_canceled" if target is AttemptStatus.CANCELED else "payment_failed"
            timeline.record(
                session,
                invoice_id=invoice.invoice_id,
                kind=kind,
                actor=source,
                now=now,
                detail=intent.failure,
            )
    if invoice.payment_status is PaymentStatus.PROCESSING and not _another_clears(session, attempt):
        invoice.next_reminder_at = now
        waking.wake_held(session, invoice_id=invoice.invoice_id, now=now)
        owed = PaymentStatus.PARTIAL if invoice.amount_paid else PaymentStatus.UNPAID
        _set_payment_status(invoice, owed, now)


def _another_clears(session: Session, attempt: PaymentAttempt) -> bool:
    """Whether the invoice is held for another attempt: old news of this one must not free it."""
    statement = select(PaymentAttempt.attempt_id).where(
        PaymentAttempt.invoice_id == attempt.invoice_id,
        PaymentAttempt.attempt_id != attempt.attempt_id,
        PaymentAttempt.status == AttemptStatus.PROCESSING,
    )
    return session.scalar(statement.limit(1)) is not None


def _set_payment_status(invoice: Invoice, target: PaymentStatus, now: datetime) -> None:
    # An overpayment of a paid invoice stays paid: the money is recorded and shown, the status is right.
    if invoice.payment_status is not target:
        check_move(PAYMENT_MOVES, invoice.payment_status, target)
        invoice.payment_status = target
    invoice.updated_at = now
