"""Taking intents back at Stripe: when the books change under one that the customer could still pay."""

from datetime import datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from paymail import observability
from paymail.errors import PaymailError
from paymail.models import AttemptStatus, Invoice, PaymentAttempt
from paymail.ports import IntentStatus
from paymail.services import books, settlement
from paymail.services.attempts import live_attempt, replan, take_back, terms_of
from paymail.services.paying import REUSABLE, Cashier, close

log = observability.logger(__name__)

SOURCE = "withdrawal"
AGAIN_AFTER = timedelta(seconds=30)


def withdraw(session: Session, *, invoice_id: int, now: datetime) -> None:
    """Have the invoice's open intent cancelled at Stripe soon. Under the invoice's lock.

    One that is only being created gets another key, so that who asked for it does not adopt it.
    """
    attempt = live_attempt(session, invoice_id=invoice_id)
    if attempt is None:
        return
    if attempt.status is AttemptStatus.OPEN:
        take_back(attempt, now=now)
    elif attempt.status is AttemptStatus.CREATING:
        replan(attempt, terms_of(attempt), now=now)


def bring_up(session: Session, *, invoice: Invoice, now: datetime, owed_before: int) -> None:
    """Bring an invoice up to its amounts after money went back or came again, and its open intent with it.

    `owed_before` is the balance (minor units) before that. Under the invoice's lock.
    """
    books.bring_up(session, invoice=invoice, now=now, owed_before=owed_before)
    if invoice.balance < owed_before:
        # What the customer has open in a browser would charge the old balance.
        withdraw(session, invoice_id=invoice.invoice_id, now=now)


def cancel_withdrawn(cashier: Cashier, *, limit: int = 20) -> int:
    """Cancel what was withdrawn, or settle it where the customer was faster; return how many were tried."""
    with cashier.transaction() as session:
        now = cashier.now()
        rested = or_(PaymentAttempt.tried_at.is_(None), PaymentAttempt.tried_at <= now - AGAIN_AFTER)
        waiting = select(PaymentAttempt).where(PaymentAttempt.status == AttemptStatus.WITHDRAWING, rested)
        # Those longest untried: many that cannot be cancelled (an account cut off) must not stop the others.
        oldest = waiting.order_by(PaymentAttempt.tried_at.nulls_first(), PaymentAttempt.updated_at)
        due = list(session.scalars(oldest.limit(limit)))
        for attempt in due:
            attempt.tried_at = now
    for attempt in due:
        try:
            _cancel(cashier, attempt)
        except PaymailError as error:
            # Stripe is away, or the customer is paying at this moment: the next turn sees how it ended.
            log.warning("withdrawn intent not cancelled yet", attempt=attempt.attempt_id, code=error.code)
    return len(due)


def _cancel(cashier: Cashier, attempt: PaymentAttempt) -> None:
    if attempt.intent_id is None:
        return
    gateway = cashier.gateway
    intent = gateway.retrieve_intent(account=attempt.account, intent_id=attempt.intent_id)
    if intent.status in REUSABLE:
        intent = gateway.cancel_intent(account=attempt.account, intent_id=attempt.intent_id)
    if intent.status is IntentStatus.CANCELED:
        close(cashier, attempt, intent.id)
        return
    with cashier.transaction() as session:
        settlement.settle(session, intent=intent, source=SOURCE, now=cashier.now())
