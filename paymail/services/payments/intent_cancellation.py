"""Taking intents back at Stripe: when the books change under one that the customer could still pay."""

from datetime import timedelta

from sqlalchemy import or_, select

from paymail import observability
from paymail.errors import PaymailError
from paymail.models import AttemptStatus, PaymentAttempt
from paymail.ports.payments import IntentStatus
from paymail.services.core.contexts import GatewayContext
from paymail.services.payments import settlement
from paymail.services.payments.withdrawal import cancel_if_open, close

log = observability.logger(__name__)

SOURCE = "withdrawal"
AGAIN_AFTER = timedelta(seconds=30)


def cancel_marked(context: GatewayContext, *, limit: int = 20) -> int:
    """Cancel what was withdrawn, or settle it where the customer was faster; return how many were tried."""
    with context.transaction() as session:
        now = context.now()
        rested = or_(PaymentAttempt.tried_at.is_(None), PaymentAttempt.tried_at <= now - AGAIN_AFTER)
        waiting = select(PaymentAttempt).where(PaymentAttempt.status == AttemptStatus.CANCELLING, rested)
        # Those longest untried: many that cannot be cancelled (an account cut off) must not stop the others.
        oldest = waiting.order_by(PaymentAttempt.tried_at.nulls_first(), PaymentAttempt.updated_at)
        due = list(session.scalars(oldest.limit(limit)))
        for attempt in due:
            attempt.tried_at = now
    for attempt in due:
        try:
            cancel(context, attempt)
        except PaymailError as error:
            # Stripe is away, or the customer is paying at this moment: the next turn sees how it ended.
            log.warning("withdrawn intent not cancelled yet", attempt=attempt.attempt_id, code=error.code)
    return len(due)


def cancel(context: GatewayContext, attempt: PaymentAttempt) -> None:
    """Cancel the intent of an attempt that is marked for it, or settle it where the customer was faster.

    Raises the gateway's kinds when Stripe cannot be asked: the sweep tries again.
    """
    if attempt.intent_id is None:
        return
    found = context.gateway.retrieve_intent(account=attempt.account, intent_id=attempt.intent_id)
    intent = cancel_if_open(context.gateway, found)
    if intent.status is IntentStatus.CANCELED:
        close(context, attempt, intent.id)
        return
    with context.transaction() as session:
        settlement.settle(session, intent=intent, source=SOURCE, now=context.now())
