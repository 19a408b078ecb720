"""Asking Stripe about each open attempt, and settling what it says: for when no event came at all."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from paymail import observability
from paymail.errors import Conflict, NotFound, Rejected, Unavailable
from paymail.models import (
    ATTEMPT_MOVES,
    LIVE_ATTEMPTS,
    AttemptStatus,
    Invoice,
    InvoiceStatus,
    PaymentAttempt,
    check_move,
)
from paymail.ports.payments import Intent
from paymail.services.core.contexts import GatewayContext
from paymail.services.core.invoices import load_invoice
from paymail.services.ledger.entries import SETTLED
from paymail.services.payments import settlement
from paymail.services.payments.settlement import StaleRead
from paymail.services.refunds.reversals import NotRecordedYet, record_reversals

log = observability.logger(__name__)

SOURCE = "reconciler"
QUIET = timedelta(minutes=5)
"""Attempts that changed later are left to the page and the webhook, which are faster."""
SHORTEST, LONGEST = timedelta(minutes=10), timedelta(days=3)
"""Between two looks at an attempt that nobody pays: a tenth of its age, within these."""
EXPIRED_AFTER = timedelta(minutes=5)
"""After the end of a code that the customer was to pay with: Stripe needs a moment to expire it."""
MOST = 200


@dataclass(slots=True)
class Reread:
    """Attempts asked about, payments recorded by it, and attempts that Stripe does not know."""

    asked: int = 0
    recorded: int = 0
    unknown: int = 0


def reread(context: GatewayContext, *, account: str) -> Reread:
    """Settle the open attempts of an account. Raises the gateway's kinds when Stripe cannot be asked."""
    with context.transaction() as session:
        attempts = _due(session, account, context.now())
    done = Reread()
    for attempt in attempts:
        done.asked += 1
        _one(context, attempt, done)
    _close_unborn(context, account)
    return done


def _due(session: Session, account: str, now: datetime) -> list[PaymentAttempt]:
    clearing = PaymentAttempt.status == AttemptStatus.PROCESSING
    quiet = PaymentAttempt.updated_at <= now - QUIET
    looked = or_(PaymentAttempt.look_at.is_(None), PaymentAttempt.look_at <= now)
    statement = (
        select(PaymentAttempt)
        .where(
            PaymentAttempt.account == account,
            PaymentAttempt.intent_id.is_not(None),
            PaymentAttempt.status.in_(LIVE_ATTEMPTS),
            or_(clearing, quiet & looked),
        )
        # By turns: many that are clearing must not keep the open ones waiting for ever, nor these them.
        .order_by(PaymentAttempt.look_at.nulls_first(), PaymentAttempt.attempt_id)
    )
    return list(session.scalars(statement.limit(MOST)))


def _one(context: GatewayContext, attempt: PaymentAttempt, done: Reread) -> None:
    intent_id = attempt.intent_id or ""
    try:
        intent = context.gateway.retrieve_intent(account=attempt.account, intent_id=intent_id)
    except NotFound:
        done.unknown += 1
    except Rejected as error:
        # This one only: the comparison tells staff, and the account's other attempts are not kept waiting.
        log.error("attempt cannot be checked", attempt=attempt.attempt_id, reason=str(error))
        done.unknown += 1
    else:
        done.recorded += settle(context, intent=intent, seen=attempt.updated_at)
    with context.transaction() as session:
        load_invoice(session, invoice_id=attempt.invoice_id, lock=True)
        row = session.get_one(PaymentAttempt, attempt.attempt_id)
        now = context.now()
        row.look_at = _next_look(row, now)


def _next_look(attempt: PaymentAttempt, now: datetime) -> datetime:
    after = now + min(max((now - attempt.created_at) / 10, SHORTEST), LONGEST)
    if attempt.status is not AttemptStatus.WAITING or attempt.expires_at is None:
        return after
    # What became of a code when its time is over, Stripe says at that moment or soon after.
    return min(after, max(attempt.expires_at, now) + EXPIRED_AFTER)


def settle(context: GatewayContext, *, intent: Intent, seen: datetime | None) -> bool:
    """Settle an intent that was just read, with what went back of it; say whether a payment was recorded now.

    What cannot be settled is logged and left as it is: the comparison reports it. Raises the gateway's kinds.
    """
    try:
        with context.transaction() as session:
            settled = settlement.settle(session, intent=intent, source=SOURCE, now=context.now(), seen=seen)
        if settled.paid:
            reversals = context.gateway.reversals(account=intent.account, intent_id=intent.id)
            with context.transaction() as session:
                record_reversals(session, intent_id=intent.id, reversals=reversals, now=context.now())
    except (StaleRead, NotRecordedYet):
        return False  # somebody else is at it
    except Unavailable:
        raise
    except (NotFound, Conflict, Rejected) as error:
        log.error("intent cannot be settled", intent=intent.id, code=error.code, reason=str(error))
        return False
    return settled.recorded_now


def _close_unborn(context: GatewayContext, account: str) -> None:
    """Close attempts without an intent whose invoice is no longer payable.

    Nobody was given a secret, so nothing can have been paid; a request that is still at it finds the attempt
    closed and takes its intent back.
    """
    with context.transaction() as session:
        unborn = (
            select(PaymentAttempt)
            .join(Invoice, Invoice.invoice_id == PaymentAttempt.invoice_id)
            .where(
                PaymentAttempt.account == account,
                PaymentAttempt.status == AttemptStatus.CREATING,
                PaymentAttempt.intent_id.is_(None),
                PaymentAttempt.updated_at <= context.now() - QUIET,
                or_(Invoice.status != InvoiceStatus.SENT, Invoice.payment_status.in_(SETTLED)),
            )
        )
        found = list(session.scalars(unborn.limit(MOST)))
    for attempt in found:
        with context.transaction() as session:
            invoice = load_invoice(session, invoice_id=attempt.invoice_id, lock=True)
            row = session.get_one(PaymentAttempt, attempt.attempt_id)
            if row.status is AttemptStatus.CREATING and row.intent_id is None and not invoice.can_pay:
                check_move(ATTEMPT_MOVES, row.status, AttemptStatus.CANCELED)
                row.status, row.updated_at = AttemptStatus.CANCELED, context.now()
