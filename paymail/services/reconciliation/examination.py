"""One intent, looked at closely: what Stripe says beside what the books say, until both stand still.

Payments go on meanwhile, so one look proves nothing: only what two looks in a row agree on is a drift.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import partial

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from paymail.errors import NotFound
from paymail.models import (
    IN_FORCE,
    LIVE_ATTEMPTS,
    Channel,
    Dispute,
    DisputeState,
    Invoice,
    Payment,
    PaymentAttempt,
    Refund,
)
from paymail.money import Money
from paymail.ports.payment_errors import Unreadable
from paymail.ports.payments import REUSABLE, Intent, IntentStatus
from paymail.ports.reversals import Reversals
from paymail.services.core.contexts import GatewayContext
from paymail.services.reconciliation.drift import Finding, Kind, Side, stripe_side, unfamiliar, unreadable
from paymail.services.reconciliation.open_attempts import QUIET, settle
from paymail.services.refunds.disputes import state_of

LOOKS = 4
_GIVEN = ("pending", "succeeded")
_LIVE = (*REUSABLE, IntentStatus.PROCESSING, IntentStatus.REQUIRES_CAPTURE)


@dataclass(frozen=True, slots=True)
class Books:
    """What the books say about one intent. `live` is the invoice's live intent in the books."""

    attempt: PaymentAttempt | None
    payment: Payment | None
    invoice_here: bool
    live: str
    refunded: int
    disputes: dict[str, Dispute]


def examine(context: GatewayContext, *, account: str, intent_id: str, mend: bool) -> tuple[Finding, ...]:
    """Return in what the books and Stripe differ about an intent; with `mend` it is settled first.

    Raises the gateway's kinds when Stripe cannot be asked.
    """
    before: tuple[Finding, ...] | None = None
    for _ in range(LOOKS):
        found = _look(context, account, intent_id, mend)
        if not found or found == before:
            return found
        before = found
    return ()  # it is being worked on at this moment; the next run sees it at rest


def _look(context: GatewayContext, account: str, intent_id: str, mend: bool) -> tuple[Finding, ...]:
    with context.transaction() as session:
        row = session.scalars(
            select(PaymentAttempt).where(PaymentAttempt.intent_id == intent_id)
        ).one_or_none()
    try:
        intent = context.gateway.retrieve_intent(account=account, intent_id=intent_id)
        reversals = context.gateway.reversals(account=account, intent_id=intent_id)
    except NotFound:
        intent, reversals = None, Reversals()
    except Unreadable as error:
        return (unreadable(error, account, intent_id, str(row.invoice_id) if row else ""),)
    if mend and row is not None and intent is not None:
        settle(context, intent=intent, seen=row.updated_at)
    invoice_ref = intent.invoice_id if intent and intent.invoice_id else str(row.invoice_id) if row else ""
    with context.transaction() as session:
        books = _read(session, intent_id, invoice_ref)
    about = partial(Finding, account=account, intent_id=intent_id, invoice_ref=invoice_ref)
    if intent is None:
        return tuple(_unknown(books, about))
    found = [*_payment(books, intent, about), *_second(books, intent, about, context.now())]
    found += unfamiliar(intent, reversals, account, invoice_ref)
    if books.payment is not None:
        found += [*_refunds(books, reversals, about), *_disputes(books, reversals, about)]
    return tuple(found)


def _read(session: Session, intent_id: str, invoice_ref: str) -> Books:
    attempts = select(PaymentAttempt)
    attempt = session.scalars(attempts.where(PaymentAttempt.intent_id == intent_id)).one_or_none()
    payment = session.scalars(select(Payment).where(Payment.intent_id == intent_id)).one_or_none()
    number = number_of(invoice_ref)
    here = bool(number) and session.get(Invoice, number) is not None
    refunded, disputes = 0, {}
    if payment is not None:
        given = select(func.sum(Refund.amount)).where(
            Refund.payment_id == payment.payment_id,
            Refund.channel == Channel.STRIPE,
            Refund.status.in_(IN_FORCE),
        )
        # SUM of a BIGINT is a Decimal on PostgreSQL.
        refunded = int(session.scalar(given) or 0)
        rows = session.scalars(select(Dispute).where(Dispute.payment_id == payment.payment_id))
        disputes = {row.dispute_id: row for row in rows}
    return Books(attempt, payment, here, "" if not here else _live(session, number), refunded, disputes)


def _live(session: Session, invoice_id: int) -> str:
    from_books = select(PaymentAttempt.intent_id).where(
        PaymentAttempt.invoice_id == invoice_id, PaymentAttempt.status.in_(LIVE_ATTEMPTS)
    )
    return session.scalar(from_books) or ""


def number_of(invoice_ref: str) -> int:
    """Return the invoice's id that `metadata.invoice_id` names; 0 if it can be none of ours."""
    number = int(invoice_ref) if invoice_ref.isascii() and invoice_ref.isdecimal() else 0
    return number if number < 2**63 else 0


def unknown_invoice(intent: Intent, account: str) -> list[Finding]:
    """Return the drift of an intent for an invoice that is not here; a canceled one is none."""
    if intent.status is IntentStatus.CANCELED:
        return []
    ours, told = Side("no such invoice"), Side(f"status {intent.unfamiliar or intent.status}")
    if intent.status is IntentStatus.SUCCEEDED:
        told = stripe_side("received", intent.amount_received, intent.currency)
    return [Finding(Kind.UNKNOWN_INVOICE, account, intent.id, intent.invoice_id, ours, told)]


def _unknown(books: Books, about: "partial[Finding]") -> list[Finding]:
    stripe = Side("intent not found on this account")
    if books.payment is not None:
        paid = Money(books.payment.amount, books.payment.currency)
        return [about(kind=Kind.NOT_AT_STRIPE, books=Side(f"received {paid}", paid), stripe=stripe)]
    if books.attempt is not None:
        state = Side(f"attempt is {books.attempt.status}")
        return [about(kind=Kind.UNKNOWN_INTENT, books=state, stripe=stripe)]
    return []


def _payment(books: Books, intent: Intent, about: "partial[Finding]") -> list[Finding]:
    told = stripe_side("received", intent.amount_received, intent.currency)
    paid = intent.status is IntentStatus.SUCCEEDED
    if intent.unfamiliar:
        return []  # a drift of its own
    if books.payment is None:
        if not paid or not books.invoice_here:
            return []
        state = f", attempt is {books.attempt.status}" if books.attempt else ", no attempt"
        return [about(kind=Kind.NOT_RECORDED, books=Side(f"no payment{state}"), stripe=told)]
    money = Money(books.payment.amount, books.payment.currency)
    ours = Side(f"received {money}", money)
    if not paid:
        return [about(kind=Kind.NOT_AT_STRIPE, books=ours, stripe=Side(f"status {intent.status}"))]
    return [] if told.money == money else [about(kind=Kind.AMOUNT, books=ours, stripe=told)]


def _second(books: Books, intent: Intent, about: "partial[Finding]", now: datetime) -> list[Finding]:
    if not books.invoice_here:
        return unknown_invoice(intent, intent.account) if intent.invoice_id else []
    fresh = intent.created > (now - QUIET).timestamp()  # it is being created, and not in the books yet
    if intent.status not in _LIVE or books.live == intent.id or fresh:
        return []
    ours = Side(f"the open intent is {books.live}" if books.live else "no open intent")
    return [about(kind=Kind.SECOND_INTENT, books=ours, stripe=Side(f"status {intent.status}"))]


def _refunds(books: Books, told: Reversals, about: "partial[Finding]") -> list[Finding]:
    assert books.payment is not None  # noqa: S101 - asked for by the caller; this tells mypy
    currency = books.payment.currency
    given = [refund for refund in told.refunds if refund.status in _GIVEN]
    theirs = stripe_side("refunded", sum(refund.amount for refund in given), currency)
    money = Money(books.refunded, currency)
    if theirs.money == money and all(refund.currency == currency for refund in given):
        return []
    return [about(kind=Kind.REFUNDS, books=Side(f"refunded {money}", money), stripe=theirs)]


def _disputes(books: Books, told: Reversals, about: "partial[Finding]") -> list[Finding]:
    theirs: dict[str, DisputeState] = {dispute.id: state_of(dispute) for dispute in told.disputes}
    ours = {dispute_id: row.state for dispute_id, row in books.disputes.items()}
    return [
        about(
            kind=Kind.DISPUTE,
            subject=dispute_id,
            books=Side(f"dispute {dispute_id}: {ours.get(dispute_id, 'not found')}"),
            stripe=Side(f"dispute {dispute_id}: {theirs.get(dispute_id, 'not found')}"),
        )
        for dispute_id in sorted(theirs.keys() | ours.keys())
        if theirs.get(dispute_id) is not ours.get(dispute_id)
    ]
