"""The rows of tries at paying: an invoice's one live attempt, and the next generation."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from paymail.clock import new_id
from paymail.models import (
    ATTEMPT_MOVES,
    LIVE_ATTEMPTS,
    AttemptStatus,
    Invoice,
    Issuer,
    PaymentAttempt,
    check_move,
)
from paymail.services.outbox import dedupe_keys, wake


def live_attempt(session: Session, *, invoice_id: int) -> PaymentAttempt | None:
    """Return the invoice's one live attempt, if any."""
    return session.scalars(
        select(PaymentAttempt).where(
            PaymentAttempt.invoice_id == invoice_id, PaymentAttempt.status.in_(LIVE_ATTEMPTS)
        )
    ).one_or_none()


def move_on(session: Session, attempt: PaymentAttempt, target: AttemptStatus, *, now: datetime) -> None:
    """Move an attempt to another state. Under the invoice's lock. Raises IllegalMove.

    One that no longer waits for the customer holds no reminders: they are decided on anew.
    """
    check_move(ATTEMPT_MOVES, attempt.status, target)
    waited = attempt.status is AttemptStatus.WAITING
    attempt.status, attempt.updated_at = target, now
    if waited:
        attempt.waits_for, attempt.expires_at, attempt.instructions_url = "", None, ""
        session.get_one(Invoice, attempt.invoice_id).next_reminder_at = now
        wake.wake_held(session, invoice_id=attempt.invoice_id, now=now)


def mark_cancelling(session: Session, attempt: PaymentAttempt, *, now: datetime) -> None:
    """Have the sweep cancel an open intent at Stripe. Under the invoice's lock. Raises IllegalMove."""
    move_on(session, attempt, AttemptStatus.CANCELLING, now=now)


class Terms(NamedTuple):
    """What an intent is made with and keeps; amounts in Stripe's minor units."""

    account: str
    currency: str
    amount: int
    fee: int
    consent: str = ""
    """Version of the text by which the customer asked to save the method; empty: they did not."""


def terms_of(attempt: PaymentAttempt) -> Terms:
    """Return what the attempt's intent is, or is going to be, made with."""
    return Terms(attempt.account, attempt.currency, attempt.amount, attempt.fee, attempt.consent)


def wanted_terms(invoice: Invoice, amount: int, consent: str = "") -> Terms:
    """Return what an intent of this invoice is made with now."""
    issuer = invoice.issuer
    return Terms(issuer.stripe_account, invoice.currency, amount, fee_of(amount, issuer), consent)


def replan(attempt: PaymentAttempt, terms: Terms, *, now: datetime) -> None:
    """Give an attempt whose intent is not in the books other terms.

    Whoever asks Stripe for it at the old terms finds another key when adopting it.
    """
    if terms.consent != attempt.consent:
        attempt.consented_at = now if terms.consent else None
    attempt.account, attempt.currency, attempt.amount, attempt.fee, attempt.consent = terms
    attempt.idempotency_key, attempt.updated_at = fresh_key(attempt), now


def renew_consent(attempt: PaymentAttempt, *, now: datetime) -> None:
    """Note a tick to save the method that is given again: the earlier one may have been ended since."""
    if attempt.consent:
        attempt.consented_at = now


def fee_of(amount: int, issuer: Issuer) -> int:
    """Return the platform's part of an amount, both in Stripe's minor units, halves up."""
    return (amount * issuer.application_fee + 5000) // 10_000


def fee_taken(session: Session, *, intent_id: str | None) -> int:
    """Return what the platform took of the payment of an intent, in Stripe's minor units; 0 if nothing."""
    fee = session.scalar(select(PaymentAttempt.fee).where(PaymentAttempt.intent_id == intent_id))
    return fee or 0


def new_attempt(session: Session, invoice: Invoice, terms: Terms, now: datetime) -> PaymentAttempt:
    """Write the next generation of an invoice's attempts."""
    last = session.scalar(
        select(func.max(PaymentAttempt.generation)).where(PaymentAttempt.invoice_id == invoice.invoice_id)
    )
    attempt = PaymentAttempt(
        invoice_id=invoice.invoice_id,
        generation=(last or 0) + 1,
        **terms._asdict(),
        consented_at=now if terms.consent else None,
        idempotency_key=f"pending-{invoice.invoice_id}-{(last or 0) + 1}",
        created_at=now,
        updated_at=now,
    )
    session.add(attempt)
    session.flush()
    # The key is made from the row's id, which only exists now.
    attempt.idempotency_key = fresh_key(attempt)
    return attempt


def fresh_key(attempt: PaymentAttempt) -> str:
    """Return an idempotency key that was never used; it is stored before it is."""
    return dedupe_keys.intent(
        attempt_id=attempt.attempt_id,
        amount=attempt.amount,
        currency=attempt.currency,
        account=attempt.account,
        nonce=new_id(),
    )
