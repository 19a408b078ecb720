"""Payments that Stripe has for an invoice and the books do not: until they are recorded, no other is started.

In normal operation that costs one query and nothing at Stripe: what the comparison with Stripe has found.
After a restore, for WATCH, Stripe itself is asked: an invoice that was lost and imported again may have been
paid.
"""

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from paymail.models import Drift, Payment, PaymentAttempt
from paymail.ports.payments import IntentStatus
from paymail.services.core import restores
from paymail.services.core.contexts import GatewayContext
from paymail.services.links.lookup import AlreadyPaying

WATCH = timedelta(days=7)
_PAID = (IntentStatus.SUCCEEDED, IntentStatus.PROCESSING)
_WORDS = "a payment for this invoice was made and is not recorded yet; please contact the sender"


def check_nothing_unrecorded(session: Session, *, invoice_id: int) -> None:
    """Raise AlreadyPaying if the comparison found a payment of this invoice that is not in the books."""
    recorded = select(Payment.payment_id).where(Payment.intent_id == Drift.intent_id).exists()
    found = select(Drift.key).where(
        Drift.gone_at.is_(None),
        Drift.invoice_ref == str(invoice_id),
        Drift.books_amount.is_(None),
        Drift.stripe_amount.is_not(None),
        ~recorded,
    )
    if session.scalar(found.limit(1)) is not None:
        raise AlreadyPaying(_WORDS)


def ask_after_restore(context: GatewayContext, *, account: str, invoice_id: int) -> None:
    """Raise AlreadyPaying if Stripe has a paid intent for this invoice that the books do not know.

    Asks Stripe only within WATCH after a restore: a list call per hundred intents since the backup.
    """
    with context.transaction() as session:
        restore = restores.latest(session)
    if restore is None or context.now() > restore.restored_at + WATCH:
        return
    listed = context.gateway.recent_intents(account=account, since=int(restore.since.timestamp()))
    paid = [one.id for one in listed if one.invoice_id == str(invoice_id) and one.status in _PAID]
    if not paid:
        return
    with context.transaction() as session:
        rows = session.scalars(select(PaymentAttempt.intent_id).where(PaymentAttempt.intent_id.in_(paid)))
        if set(paid) - set(rows):
            raise AlreadyPaying(_WORDS)
