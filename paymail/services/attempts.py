"""The rows of tries at paying: an invoice's one live attempt, and the next generation."""

from datetime import datetime

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
from paymail.services import dedupe


def live_attempt(session: Session, *, invoice_id: int) -> PaymentAttempt | None:
    """Return the invoice's one live attempt, if any."""
    return session.scalars(
        select(PaymentAttempt).where(
            PaymentAttempt.invoice_id == invoice_id, PaymentAttempt.status.in_(LIVE_ATTEMPTS)
        )
    ).one_or_none()


def take_back(attempt: PaymentAttempt, *, now: datetime) -> None:
    """Have the sweep cancel an open intent at Stripe. Under the invoice's lock. Raises IllegalMove."""
    check_move(ATTEMPT_MOVES, attempt.status, AttemptStatus.WITHDRAWING)
    attempt.status, attempt.updated_at = AttemptStatus.WITHDRAWING, now


def fee_of(amount: int, issuer: Issuer) -> int:
    """Return the platform's part of an amount, both in Stripe's minor units, halves up."""
    return (amount * issuer.application_fee + 5000) // 10_000


def new_attempt(session: Session, invoice: Invoice, amount: int, now: datetime) -> PaymentAttempt:
    """Write the next generation of an invoice's attempts; `amount` in Stripe's minor units."""
    last = session.scalar(
        select(func.max(PaymentAttempt.generation)).where(PaymentAttempt.invoice_id == invoice.invoice_id)
    )
    attempt = PaymentAttempt(
        invoice_id=invoice.invoice_id,
        generation=(last or 0) + 1,
        account=invoice.issuer.stripe_account,
        amount=amount,
        fee=fee_of(amount, invoice.issuer),
        currency=invoice.currency,
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
    return dedupe.intent(
        attempt_id=attempt.attempt_id,
        amount=attempt.amount,
        currency=attempt.currency,
        account=attempt.account,
        nonce=new_id(),
    )
