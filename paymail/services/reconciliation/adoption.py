"""Taking intents into the books that Stripe has and a restored database does not."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from paymail import observability
from paymail.models import AttemptStatus, Invoice, PaymentAttempt
from paymail.ports.payments import Intent, IntentStatus, described
from paymail.services.core.contexts import GatewayContext
from paymail.services.core.invoices import load_invoice
from paymail.services.ledger.attempts import live_attempt
from paymail.services.payments.unrecorded import take_back
from paymail.services.payments.withdrawal import cancel_if_open
from paymail.services.reconciliation.examination import number_of
from paymail.services.reconciliation.missed_events import batches
from paymail.services.reconciliation.open_attempts import settle

log = observability.logger(__name__)
CHUNK = 100
PAID = (IntentStatus.SUCCEEDED, IntentStatus.PROCESSING)


def adopt_unknown(context: GatewayContext, *, account: str, since: datetime) -> int:
    """Adopt an account's paid intents that are unknown here; return how many payments were recorded.

    An unpaid one is cancelled: a customer may still have its page open, and the invoice's next payment would
    be a second one beside it. Raises the gateway's kinds.
    """
    recorded = 0
    listed = context.gateway.recent_intents(account=account, since=int(since.timestamp()))
    for batch in batches((one for one in listed if one.status is not IntentStatus.CANCELED), CHUNK):
        with context.transaction() as session:
            unknown = _unknown(session, batch)
        for intent in unknown:
            recorded += _adopt(context, intent)
    return recorded


def _unknown(session: Session, intents: list[Intent]) -> list[Intent]:
    ids = [intent.id for intent in intents]
    known = set(session.scalars(select(PaymentAttempt.intent_id).where(PaymentAttempt.intent_id.in_(ids))))
    numbers = {number_of(intent.invoice_id) for intent in intents}
    here = set(session.scalars(select(Invoice.invoice_id).where(Invoice.invoice_id.in_(numbers))))
    # An intent without an attempt is another program's, whatever invoice it names: it is left alone.
    ours = (one for one in intents if one.attempt_id and one.id not in known)
    return [one for one in ours if number_of(one.invoice_id) in here]


def _adopt(context: GatewayContext, intent: Intent) -> bool:
    intent = take_back(context, intent, number_of(intent.invoice_id))
    if intent.status not in PAID:
        return False  # canceled; or else the comparison reports it, and no payment is started beside it
    if intent.status is IntentStatus.PROCESSING:
        _withdraw_live(context, number_of(intent.invoice_id))
    with context.transaction() as session:
        written = _write(session, intent, context.now())
    return written and settle(context, intent=intent, seen=None)


def _withdraw_live(context: GatewayContext, invoice_id: int) -> None:
    """End the attempt that is live in the books: an invoice has one, and Stripe's is another by now."""
    with context.transaction() as session:
        attempt = live_attempt(session, invoice_id=invoice_id)
    if attempt is None or attempt.intent_id is None:
        return
    intent = context.gateway.retrieve_intent(account=attempt.account, intent_id=attempt.intent_id)
    settle(context, intent=cancel_if_open(context.gateway, intent), seen=None)


def _write(session: Session, intent: Intent, now: datetime) -> bool:
    """Write the attempt of an intent, unless it is there by now; False if it cannot be this invoice's."""
    invoice = load_invoice(session, invoice_id=number_of(intent.invoice_id), lock=True)
    if session.scalar(select(PaymentAttempt.attempt_id).where(PaymentAttempt.intent_id == intent.id)):
        return True
    clearing = intent.status is IntentStatus.PROCESSING
    # The id may be another invoice's by now: imported again after the restore, it got the next free one.
    another = intent.description not in ("", described(invoice.number))
    if (
        another
        or intent.currency != invoice.currency
        or (clearing and live_attempt(session, invoice_id=invoice.invoice_id) is not None)
    ):
        log.error("intent cannot be adopted", intent=intent.id, invoice_id=invoice.invoice_id)
        return False
    last = session.scalar(
        select(func.max(PaymentAttempt.generation)).where(PaymentAttempt.invoice_id == invoice.invoice_id)
    )
    attempt = PaymentAttempt(
        invoice_id=invoice.invoice_id,
        generation=(last or 0) + 1,
        account=intent.account,
        amount=intent.amount,
        fee=intent.fee,
        currency=intent.currency,
        intent_id=intent.id,
        idempotency_key=f"adopted-{intent.id}",
        # Not live, so that it fits beside one that is; what Stripe says moves it on at once.
        status=AttemptStatus.OPEN if clearing else AttemptStatus.CANCELED,
        created_at=now,
        updated_at=now,
    )
    session.add(attempt)
    return True
