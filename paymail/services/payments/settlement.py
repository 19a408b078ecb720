"""The one path to paid: what Stripe says about an intent is written into the books, once.

confirm-payment, the webhook and the reconciler all come here with an intent that was just read from
Stripe. Nothing that a client says is used.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from paymail import observability
from paymail.db import after_commit
from paymail.errors import Conflict, NotFound, Unavailable
from paymail.models import (
    ATTEMPT_MOVES,
    AttemptStatus,
    Invoice,
    MessageKind,
    Payment,
    PaymentAttempt,
)
from paymail.money import from_stripe_amount
from paymail.ports.payments import EXPIRED, Intent, IntentStatus
from paymail.services.core.invoices import day_of_seconds, load_invoice
from paymail.services.customers import saved_methods
from paymail.services.ledger import awaited_payments, entries
from paymail.services.ledger.attempts import mark_cancelling, move_on
from paymail.services.outbox import dedupe_keys

log = observability.logger(__name__)
_UNDER_WAY = (AttemptStatus.PROCESSING, AttemptStatus.WAITING)


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
    waiting: bool = False
    """It waits for the customer's own act."""


def attempt_of(session: Session, *, intent_id: str) -> PaymentAttempt:
    """Return the attempt of an intent. Raises UnknownIntent."""
    attempt = session.scalars(
        select(PaymentAttempt).where(PaymentAttempt.intent_id == intent_id)
    ).one_or_none()
    if attempt is None:
        raise UnknownIntent("this payment does not belong to an invoice in paymail")
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
        case IntentStatus.UNKNOWN:
            pass  # not paid; what was clearing goes on doing so until Stripe says what we understand
        case _:
            _unpaid(session, intent, attempt, invoice, source, now, seen)
    processing = intent.status is IntentStatus.PROCESSING
    waits = attempt.status is AttemptStatus.WAITING
    return Settled(invoice_id, paid=False, processing=processing, recorded_now=False, waiting=waits)


def _check_belongs(intent: Intent, attempt: PaymentAttempt) -> None:
    expected = (attempt.account, attempt.currency, str(attempt.invoice_id))
    if (intent.account, intent.currency, intent.invoice_id) != expected:
        log.error(
            "payment refused: it does not match the request", intent=intent.id, invoice_id=attempt.invoice_id
        )
        raise IntentMismatch("the payment's account, currency or invoice does not match the request")


def _record(
    session: Session, intent: Intent, attempt: PaymentAttempt, invoice: Invoice, source: str, now: datetime
) -> None:
    amount = from_stripe_amount(intent.amount_received, invoice.currency)
    if amount <= 0:
        raise IntentMismatch("Stripe reports a successful payment without an amount")
    if intent.amount_received != attempt.amount:
        # Changed at Stripe by hand: what arrived is what is recorded, as a refusal would lose the payment.
        log.error(
            "the amount received differs from the amount requested",
            intent=intent.id,
            invoice_id=attempt.invoice_id,
        )
    move_on(session, attempt, AttemptStatus.SUCCEEDED, now=now)
    session.flush()  # the status of the invoice is derived from its attempts, by a query
    payment = Payment(
        invoice_id=invoice.invoice_id,
        issuer_id=invoice.issuer_id,
        intent_id=intent.id,
        account=intent.account,
        amount=amount,
        currency=invoice.currency,
        method=intent.method,
        source=source,
        received_at=now,
    )
    entries.enter_payment(session, invoice=invoice, payment=payment, actor=source, now=now)
    if intent.reusable is not None:
        saved_methods.keep(
            session, invoice=invoice, attempt=attempt, method=intent.reusable, actor=source, now=now
        )
    after_commit(session, lambda: _say_settled(payment))


def _say_settled(payment: Payment) -> None:
    log.info(
        "payment settled",
        invoice_id=payment.invoice_id,
        intent=payment.intent_id,
        amount=payment.amount,
        currency=payment.currency,
        source=payment.source,
    )


def _hold(session: Session, attempt: PaymentAttempt, invoice: Invoice, source: str, now: datetime) -> None:
    if attempt.status is AttemptStatus.CANCELED:
        raise StaleRead("the payment failed and was cancelled while Stripe was being checked")
    if attempt.status is not AttemptStatus.PROCESSING:
        move_on(session, attempt, AttemptStatus.PROCESSING, now=now)
        entries.note(session, invoice=invoice, kind="payment_processing", actor=source, now=now)
        session.flush()
    entries.update_status(session, invoice=invoice, now=now)


def _unpaid(
    session: Session,
    intent: Intent,
    attempt: PaymentAttempt,
    invoice: Invoice,
    source: str,
    now: datetime,
    seen: datetime | None,
) -> None:
    """The intent can still be paid: on the page, or by the customer's own act."""
    known = intent.waiting is not None and attempt.status is AttemptStatus.WAITING
    matters = intent.waiting is not None or attempt.status in _UNDER_WAY
    if matters and not known and seen not in (None, attempt.updated_at):
        raise StaleRead("the payment moved on while Stripe was being checked")
    if intent.waiting is not None and attempt.status is not AttemptStatus.PROCESSING:
        awaited_payments.begin(
            session, attempt=attempt, invoice=invoice, waiting=intent.waiting, actor=source, now=now
        )
        return
    _release(session, attempt, invoice, AttemptStatus.OPEN, intent, source, now)


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
    if attempt.status is target or target not in ATTEMPT_MOVES[attempt.status]:
        return
    was_processing = attempt.status is AttemptStatus.PROCESSING
    was_under_way = attempt.status in _UNDER_WAY
    move_on(session, attempt, target, now=now)
    session.flush()
    if was_under_way or target is AttemptStatus.CANCELED:
        kind = _end_of(intent, target)
        entries.note(session, invoice=invoice, kind=kind, actor=source, now=now, detail=intent.failure)
    if was_processing:
        entries.update_status(session, invoice=invoice, now=now)
    if was_processing and target is AttemptStatus.OPEN:
        # Money may have come another way while it was clearing, or its link been replaced: the next try is
        # another intent, after another look at the invoice.
        mark_cancelling(session, attempt, now=now)
        session.flush()
    if was_processing and intent.failure and invoice.owed:
        entries.queue_email(
            session,
            invoice=invoice,
            kind=MessageKind.PAYMENT_FAILED,
            key=dedupe_keys.failed_payment(intent_id=intent.id, at=now),
            actor=source,
            now=now,
            amount=from_stripe_amount(intent.amount, invoice.currency),
            detail=intent.failure,
            failed_method=intent.failed_method[:80],
            failed_on=day_of_seconds(invoice.issuer, intent.tried_at),
        )


def _end_of(intent: Intent, target: AttemptStatus) -> str:
    """Return what the history calls it."""
    if target is AttemptStatus.CANCELED:
        return "payment_canceled"
    return "payment_expired" if intent.failure == EXPIRED else "payment_failed"
