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

    Only within WATCH after a restore. A process lists an account's intents since the backup once, and what is
    new no more than once a minute; Stripe is asked about an invoice's intent only if the books lack it.
    Raises BeingListed, and the gateway's kinds.
    """
    now = context.now()
    with context.transaction() as session:
        since = restores.watched_since(session, after=now - WATCH)
    if since is None:
        return
    listed = context.listed_intents.of_invoice(
        context.gateway, account=account, invoice_id=invoice_id, since=since, now=now
    )
    with context.transaction() as session:
        rows = session.scalars(select(PaymentAttempt.intent_id).where(PaymentAttempt.intent_id.in_(listed)))
        unknown = listed - set(rows)
    for intent_id in sorted(unknown):
        # As it is now: it may have been paid since it was listed.
        if context.gateway.retrieve_intent(account=account, intent_id=intent_id).status in _PAID:
            raise AlreadyPaying(_WORDS)
