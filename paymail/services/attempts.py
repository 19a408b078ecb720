"""The rows of tries at paying: an invoice's one live attempt, and the next generation."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from paymail.clock import new_id
from paymail.models import LIVE_ATTEMPTS, Invoice, PaymentAttempt
from paymail.services import dedupe
from paymail.services.admitting import fee_of


def live_attempt(session: Session, *, invoice_id: int) -> PaymentAttempt | None:
    """Return the invoice's one live attempt, if any."""
    return session.scalars(
        select(PaymentAttempt).where(
            PaymentAttempt.invoice_id == invoice_id, PaymentAttempt.status.in_(LIVE_ATTEMPTS)
        )
    ).one_or_none()


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
