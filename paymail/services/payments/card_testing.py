"""The guard of the door where money comes in: card testing."""

from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from paymail.errors import TooMany
from paymail.models import AttemptStatus, PaymentAttempt
from paymail.ports.payments import EXPIRED, Intent
from paymail.services.ledger.attempts import live_attempt, mark_cancelling
from paymail.services.outbox import notices

MOST_DECLINES = 8
"""Declined cards on one invoice before its intent is withdrawn: people give up after three or four, thieves
who try stolen numbers do not (Stripe documentation, "Protect yourself from card testing")."""
QUIET = timedelta(hours=1)
"""How long no payment of the invoice can be started after that."""


class TooManyDeclines(TooMany):
    """Too many cards were declined on this invoice; it rests for a while."""

    code = "too_many_declines"


def is_decline(intent: Intent) -> bool:
    """Whether the last try of an intent was a declined card: a code that expired, or a payment refused in a
    bank's app, tests nobody's card."""
    return bool(intent.failure) and intent.failure != EXPIRED and intent.failed_kind in ("", "card")


def check_not_tested(session: Session, *, invoice_id: int, now: datetime) -> None:
    """Raise TooManyDeclines while an invoice rests after too many declined cards."""
    if _declines(session, invoice_id, now) >= MOST_DECLINES:
        raise TooManyDeclines("too many cards were declined; please try again in an hour")


def _declines(session: Session, invoice_id: int, now: datetime) -> int:
    # Of all attempts: another amount is another attempt, and must not begin a new count.
    counted = select(func.sum(PaymentAttempt.declines)).where(
        PaymentAttempt.invoice_id == invoice_id, PaymentAttempt.declined_at > now - QUIET
    )
    return session.scalar(counted) or 0


def count_decline(session: Session, *, attempt: PaymentAttempt, at: datetime, now: datetime) -> None:
    """Count one declined card, once per event of Stripe's; too many withdraw the intent and tell staff.

    Those of one attempt count as long as no hour is quiet between them. `at` is when Stripe declined it: old
    news is of somebody who is gone. Under the invoice's lock.
    """
    at = min(at, now)
    if at <= now - QUIET:
        return
    if attempt.declined_at is None or attempt.declined_at <= now - QUIET:
        attempt.declines = 0
    attempt.declines += 1
    attempt.declined_at = max(at, attempt.declined_at or at)
    session.flush()
    declines = _declines(session, attempt.invoice_id, now)
    if declines < MOST_DECLINES:
        return
    live = live_attempt(session, invoice_id=attempt.invoice_id)
    if live is not None and live.status is AttemptStatus.OPEN:
        mark_cancelling(session, live, now=now)
    notices.tell_staff(
        session,
        invoice_id=attempt.invoice_id,
        about="card testing",
        key=attempt.attempt_id,
        headline=f"{declines} cards were declined on one payment page",
        detail="Someone may be trying stolen cards. The page takes no payments for an hour. If it continues,"
        " create a new pay link for the invoice.",
        now=now,
    )
