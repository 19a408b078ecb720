"""Payments that Stripe has for an invoice and the books do not: until they are recorded, no other is started.

In normal operation there are none: an attempt is stored before Stripe is asked for its intent. After a
restore, for WATCH, Stripe itself is asked: an invoice that was lost and imported again may have been paid.
"""

from datetime import timedelta

from sqlalchemy import select

from paymail.models import PaymentAttempt
from paymail.ports.payments import IntentStatus
from paymail.services.core import restores
from paymail.services.core.contexts import GatewayContext
from paymail.services.links.lookup import AlreadyPaying

WATCH = timedelta(days=7)
_PAID = (IntentStatus.SUCCEEDED, IntentStatus.PROCESSING)
_WORDS = "a payment for this invoice was made and is not recorded yet; please contact the sender"


def ask_after_restore(context: GatewayContext, *, account: str, invoice_id: int) -> None:
    """Raise AlreadyPaying if Stripe has a paid intent for this invoice that the books do not know.

    Asks Stripe only within WATCH after a restore: a list call per hundred intents since the backup.
    """
    with context.transaction() as session:
        restore = restores.latest(session)
    if restore is None or context.now() > restore.restored_at + WATCH:
        return
    listed = context.gateway.recent_intents(account=account, since=int(restore.since.timestamp()))
    ours = (one for one in listed if one.attempt_id and one.invoice_id == str(invoice_id))
    paid = [one.id for one in ours if one.status in _PAID]
    if not paid:
        return
    with context.transaction() as session:
        rows = session.scalars(select(PaymentAttempt.intent_id).where(PaymentAttempt.intent_id.in_(paid)))
        if set(paid) - set(rows):
            raise AlreadyPaying(_WORDS)
