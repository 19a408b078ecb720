"""Payments that Stripe has for an invoice and the books do not: until they are settled, no other is started.

In normal operation there are none: an attempt is stored before Stripe is asked for its intent. After a
restore, for WATCH, Stripe itself is asked: an invoice that was lost and imported again may have been paid.
"""

from datetime import timedelta

from sqlalchemy import select

from paymail import observability
from paymail.models import PaymentAttempt
from paymail.ports.payments import CANCELLABLE, Intent, IntentStatus
from paymail.services.core import history, restores
from paymail.services.core.contexts import GatewayContext
from paymail.services.core.invoices import load_invoice
from paymail.services.ledger.awaited_payments import name_of
from paymail.services.links.lookup import AlreadyPaying
from paymail.services.outbox import notices
from paymail.services.payments.withdrawal import cancel_if_open

log = observability.logger(__name__)
WATCH = timedelta(days=7)
ACTOR = "restore"
_WORDS = "a payment for this invoice was made or begun and is not recorded yet; please contact the sender"


def ask_after_restore(context: GatewayContext, attempt: PaymentAttempt) -> None:
    """Cancel what Stripe has open for the invoice and the books do not know, or raise AlreadyPaying.

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
        context.gateway, account=attempt.account, invoice_id=attempt.invoice_id, since=since, now=now
    )
    with context.transaction() as session:
        rows = session.scalars(select(PaymentAttempt.intent_id).where(PaymentAttempt.intent_id.in_(listed)))
        unknown = listed - set(rows)
    for intent_id in sorted(unknown):
        # As it is now: it may have been paid since it was listed.
        intent = context.gateway.retrieve_intent(account=attempt.account, intent_id=intent_id)
        if intent.status in CANCELLABLE and _is_of(attempt, intent):
            continue
        if take_back(context, intent, attempt.invoice_id).status is not IntentStatus.CANCELED:
            raise AlreadyPaying(_WORDS)


def _is_of(attempt: PaymentAttempt, intent: Intent) -> bool:
    """Whether a simultaneous request for this very attempt made it, and is about to write it down.

    The id alone does not tell: after a restore ids are given again, but what was lost is older than the row.
    """
    newer = intent.created >= int(attempt.created_at.timestamp())
    return intent.attempt_id == str(attempt.attempt_id) and newer


def take_back(context: GatewayContext, intent: Intent, invoice_id: int) -> Intent:
    """Cancel an intent that the books do not know, if it is open; return what Stripe says of it then.

    Staff learn of one that the customer was to pay by their own act: they may hold its code in their hands.
    Raises the gateway's kinds.
    """
    if intent.status not in CANCELLABLE:
        return intent
    after = cancel_if_open(context.gateway, intent)
    if after.status is not IntentStatus.CANCELED:
        log.error("unknown intent cannot be cancelled", intent=intent.id, invoice_id=invoice_id)
    elif intent.waiting is not None:
        _tell_of_code(context, intent.id, name_of(intent.waiting.kind), invoice_id)
    return after


def _tell_of_code(context: GatewayContext, intent_id: str, name: str, invoice_id: int) -> None:
    detail = f"{name}: {intent_id} was not in the restored backup"
    with context.transaction() as session:
        now = context.now()
        load_invoice(session, invoice_id=invoice_id, lock=True)
        history.record(
            session, invoice_id=invoice_id, kind="payment_canceled", actor=ACTOR, now=now, detail=detail
        )
        notices.tell_staff(
            session,
            invoice_id=invoice_id,
            about=ACTOR,
            key=intent_id,
            headline=f"A payment that the customer was to make ({name}) was canceled",
            detail=f"{intent_id} was not in the restored backup. The code that the customer has is no"
            " longer valid; they can pay with the link in their invoice email.",
            now=now,
        )
