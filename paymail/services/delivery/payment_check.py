"""Asking Stripe about an open payment before a reminder goes out (ADR 0001: several transactions).

The customer may have paid a second ago, and neither the page nor the webhook has told us yet.
"""

from paymail import observability
from paymail.errors import PaymailError, Unavailable
from paymail.models import PaymentAttempt
from paymail.services.core.contexts import GatewayContext
from paymail.services.outbox import notices
from paymail.services.payments import settlement

log = observability.logger(__name__)

SOURCE = "reminder check"


def ask_before_reminding(context: GatewayContext, *, message_id: int, attempt: PaymentAttempt | None) -> str:
    """Settle what Stripe knows of the live attempt of a reminder's invoice, within a few seconds.

    Returns why the reminder must wait: Stripe could not be asked. An empty text says that the books are
    up to date; whether the reminder may go is for the hand-over to see.
    """
    if attempt is None or attempt.intent_id is None:
        return ""  # nobody was given the secret of an intent without an id, so it cannot be paid
    try:
        intent = context.gateway.retrieve_intent(
            account=attempt.account, intent_id=attempt.intent_id, brief=True
        )
        with context.transaction() as session:
            settlement.settle(
                session, intent=intent, source=SOURCE, now=context.now(), seen=attempt.updated_at
            )
    except PaymailError as error:
        log.warning("a payment in progress could not be checked", message_id=message_id, code=error.code)
        if not isinstance(error, Unavailable):
            _tell_staff(context, attempt, error)
        return f"a payment in progress could not be checked with Stripe ({error.code})"
    return ""


def _tell_staff(context: GatewayContext, attempt: PaymentAttempt, error: PaymailError) -> None:
    """It will not go away by itself, and the reminders wait for it: a person must look, once."""
    with context.transaction() as session:
        notices.tell_staff(
            session,
            invoice_id=attempt.invoice_id,
            about="payment check",
            key=attempt.attempt_id,
            headline="A payment cannot be checked with Stripe",
            detail=f"{error} Reminders are on hold until it can be checked, or until you send one manually.",
            now=context.now(),
        )
