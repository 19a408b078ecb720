"""The customer pays another way than the one that was begun: its intent is cancelled first."""

from sqlalchemy.orm import Session

from paymail import observability
from paymail.errors import PaymailError
from paymail.models import AttemptStatus, PaymentAttempt
from paymail.services.core.contexts import GatewayContext
from paymail.services.ledger import awaited_payments, entries
from paymail.services.ledger.attempts import live_attempt, mark_cancelling
from paymail.services.links.viewing import act_by_token
from paymail.services.payments import intent_cancellation

log = observability.logger(__name__)
ACTOR = "customer"


def pay_another_way(context: GatewayContext, *, token: str, intent_id: str) -> None:
    """Cancel the payment that waits for the customer, so that the invoice can be paid otherwise.

    `intent_id` is the one that the customer's page showed: a later one is left alone. One that was paid in
    the meantime is recorded instead. While Stripe cannot be asked the sweep goes on, and nothing else can be
    started before it has. Raises NoSuchLink, LinkExpired.
    """
    with context.transaction() as session:
        attempt = _marked(session, context, token, intent_id)
    if attempt is None:
        return
    try:
        intent_cancellation.cancel(context, attempt)
    except PaymailError as error:
        log.warning("waiting intent not cancelled yet", attempt=attempt.attempt_id, code=error.code)


def _marked(session: Session, context: GatewayContext, token: str, intent_id: str) -> PaymentAttempt | None:
    now = context.now()
    invoice = act_by_token(session, token=token, act="chose another way to pay", now=now)
    attempt = live_attempt(session, invoice_id=invoice.invoice_id)
    if attempt is None or attempt.status is not AttemptStatus.WAITING or attempt.intent_id != intent_id:
        return None
    awaited = awaited_payments.awaited(session, invoice_id=invoice.invoice_id)
    mark_cancelling(session, attempt, now=now)
    # The sweep is not to ask beside us.
    attempt.tried_at = now
    detail = awaited.name if awaited else ""
    entries.note(session, invoice=invoice, kind="another_way_chosen", actor=ACTOR, now=now, detail=detail)
    return attempt
