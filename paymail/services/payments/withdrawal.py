"""Taking one intent back at Stripe, and closing its attempt, so that a new generation may follow."""

from paymail.errors import Conflict
from paymail.models import AttemptStatus, PaymentAttempt
from paymail.ports.payments import CANCELLABLE, Gateway, Intent, IntentStatus
from paymail.services.core.contexts import GatewayContext
from paymail.services.core.invoices import load_invoice
from paymail.services.ledger.attempts import move_on

_UNPAID = (AttemptStatus.CREATING, AttemptStatus.OPEN, AttemptStatus.WAITING, AttemptStatus.CANCELLING)


def cancel_if_open(gateway: Gateway, intent: Intent) -> Intent:
    """Cancel an intent that is still open; return what Stripe says of it then. Raises the gateway's kinds.

    It may have been paid, or begun to clear, between two questions: then it is read once more.
    """
    if intent.status not in CANCELLABLE:
        return intent
    try:
        return gateway.cancel_intent(account=intent.account, intent_id=intent.id)
    except Conflict:
        return gateway.retrieve_intent(account=intent.account, intent_id=intent.id)


def withdraw(context: GatewayContext, attempt: PaymentAttempt, intent: Intent) -> None:
    """Cancel an intent and close its attempt, unless it is beyond that."""
    if intent.status is not IntentStatus.CANCELED:
        try:
            context.gateway.cancel_intent(account=attempt.account, intent_id=intent.id)
        except Conflict:
            return  # paid, clearing or cancelled at this moment: a further look at it shows which
    close(context, attempt, intent.id)


def close(context: GatewayContext, attempt: PaymentAttempt, intent_id: str) -> None:
    """Mark an attempt canceled, so that a new generation may follow, if the intent is still its own."""
    with context.transaction() as session:
        load_invoice(session, invoice_id=attempt.invoice_id, lock=True)
        row = session.get_one(PaymentAttempt, attempt.attempt_id)
        if row.status in _UNPAID and row.intent_id == intent_id:
            move_on(session, row, AttemptStatus.CANCELED, now=context.now())
