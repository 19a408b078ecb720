"""Refunds that staff ask for: written first, then carried out at Stripe as often as it takes, once."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from paymail import observability, request_ids
from paymail.clock import new_id
from paymail.db import after_commit
from paymail.errors import Conflict, NotFound, PaymailError, Rejected
from paymail.models import (
    REFUND_MOVES,
    Channel,
    Invoice,
    Payment,
    Refund,
    RefundStatus,
    check_move,
)
from paymail.money import Money
from paymail.ports.payment_errors import KeySpent, Unreadable
from paymail.ports.reversals import Reversals
from paymail.services.core import idempotency, restores
from paymail.services.core.contexts import GatewayContext
from paymail.services.core.invoices import load_invoice
from paymail.services.ledger import entries
from paymail.services.ledger.attempts import fee_taken
from paymail.services.outbox import dedupe_keys
from paymail.services.refunds import refund_limits, reversals, stripe_refunds

log = observability.logger(__name__)

LONGEST_PAUSE = timedelta(hours=1)
ANOTHER = "this form was already used to request a different refund; reload the page"


class NoSuchPayment(NotFound):
    """There is no payment of this id."""

    code = "no_such_payment"


@dataclass(frozen=True, slots=True)
class RefundOrder:
    """What staff ask for. `amount` in minor units; `reason` is for the customer.

    `channel` is how the money goes back: Stripe for a payment by Stripe, else how staff sent it. With
    `owed_again` the invoice is owed as before the payment; otherwise a credit note takes it off.
    `key` makes asking twice one refund.
    """

    amount: int
    channel: Channel
    reason: str = ""
    owed_again: bool = False
    key: str | None = None


def request(session: Session, *, payment_id: int, order: RefundOrder, actor: str, now: datetime) -> Refund:
    """Write a refund down: by Stripe it is carried out by the sweep, otherwise it counts at once. One that
    needs another person's approval (`refund_limits.py`) only waits for it, as proposed.

    Raises NoSuchPayment, BadRefund, NotRefundable, KeyReused.
    """
    payment = session.get(Payment, payment_id)
    if payment is None:
        raise NoSuchPayment(f"payment {payment_id} not found")
    invoice = load_invoice(session, invoice_id=payment.invoice_id, lock=True)
    if not order.key:
        return _request(session, invoice, payment, order, actor, now)
    found, first = idempotency.reserve(session, scope=idempotency.REFUND, key=order.key, actor=actor, now=now)
    content = content_of(payment_id, order)
    if not first:
        known = session.get_one(Refund, found.refund_id)
        before = carried_over_content_of(payment_id, order)
        # Of those of before nobody can tell the other way round: what returns a surplus has no credit either.
        if found.content_digest != before or (order.owed_again and known.credited):
            idempotency.check(found, content, refusal=ANOTHER)
        return known
    refund = _request(session, invoice, payment, order, actor, now)
    found.content_digest, found.refund_id = content, refund.refund_id
    return refund


def content_of(payment_id: int, order: RefundOrder) -> str:
    """Return the digest of what a refund was asked for with."""
    return idempotency.content_digest(payment_id, order.amount, order.channel, order.reason, order.owed_again)


def carried_over_content_of(payment_id: int, order: RefundOrder) -> str:
    """Return the digest that migration 0006 gave to refunds of before, which do not say `owed_again`."""
    return idempotency.content_digest(payment_id, order.amount, order.channel, order.reason)


def _request(
    session: Session, invoice: Invoice, payment: Payment, order: RefundOrder, actor: str, now: datetime
) -> Refund:
    refund_limits.check(session, payment=payment, amount=order.amount, channel=order.channel)
    refund = Refund(
        invoice_id=invoice.invoice_id,
        issuer_id=invoice.issuer_id,
        payment_id=payment.payment_id,
        channel=order.channel,
        amount=order.amount,
        credited=0,
        owed_again=order.owed_again,
        currency=payment.currency,
        status=RefundStatus.PROPOSED,
        reason=order.reason,
        actor=actor,
        request_key=order.key,
        next_at=now,
        created_at=now,
        updated_at=now,
    )
    waits = refund_limits.needs_approval(session, invoice=invoice, payment=payment, amount=order.amount)
    session.add(refund)
    session.flush()
    if waits:
        _tell(session, invoice, refund, RefundStatus.PROPOSED, actor, now)
    else:
        begin(session, invoice=invoice, refund=refund, actor=actor, now=now)
    return refund


def begin(session: Session, *, invoice: Invoice, refund: Refund, actor: str, now: datetime) -> None:
    """Let a refund go on that needs nobody any more: the sweep asks Stripe, or it counts at once."""
    check_move(REFUND_MOVES, refund.status, RefundStatus.REQUESTED)
    reversals.settle_credit(session, invoice, refund)
    refund.status, refund.next_at, refund.updated_at = RefundStatus.REQUESTED, now, now
    if refund.channel is Channel.STRIPE:
        refund.idempotency_key = _key(refund)
        _tell(session, invoice, refund, RefundStatus.REQUESTED, actor, now)
    else:
        reversals.move(session, invoice=invoice, refund=refund, target=RefundStatus.SUCCEEDED, now=now)


def _tell(
    session: Session, invoice: Invoice, refund: Refund, status: RefundStatus, actor: str, now: datetime
) -> None:
    detail = f"{Money(refund.amount, refund.currency)} of payment {refund.payment_id}"
    entries.note(session, invoice=invoice, kind=f"refund_{status}", actor=actor, now=now, detail=detail)
    after_commit(session, lambda: reversals.say(refund, status))


def _key(refund: Refund) -> str:
    return dedupe_keys.refund(refund_id=refund.refund_id, amount=refund.amount, nonce=new_id())


def carry_out(context: GatewayContext, *, limit: int = 20, refund_fees: bool = True) -> int:
    """Ask Stripe for the refunds that staff requested; return how many were tried.

    With `refund_fees` the platform gives back its fee on what is refunded.
    """
    with context.transaction() as session:
        due = select(Refund.refund_id, Refund.request_id).where(
            Refund.status == RefundStatus.REQUESTED,
            Refund.channel == Channel.STRIPE,
            Refund.next_at <= context.now(),
            restores.payments_open(),
        )
        found = list(session.execute(due.order_by(Refund.next_at).limit(limit)))
    for refund_id, request_id in found:
        with request_ids.bound(request_id):
            _carry_out(context, refund_id, refund_fees)
    return len(found)


def _carry_out(context: GatewayContext, refund_id: int, refund_fees: bool) -> None:
    with context.transaction() as session:
        refund = session.get_one(Refund, refund_id)
        payment = session.get_one(Payment, refund.payment_id)
        if refund.status is not RefundStatus.REQUESTED:
            return
        tried_before = refund.tries > 0
        refund_fee = refund_fees if fee_taken(session, intent_id=payment.intent_id) else None
        # Counted before Stripe is asked: who dies meanwhile must not ask anew when it has forgotten the key,
        # after a day (Stripe docs, "Idempotent requests").
        session.execute(update(Refund).where(Refund.refund_id == refund_id).values(tries=Refund.tries + 1))
    try:
        told = stripe_refunds.ask(
            context.gateway, refund, payment, look_first=tried_before, refund_fee=refund_fee
        )
    except Unreadable as error:
        _postpone(context, refund, error)  # it may have been made
    except (Conflict, Rejected, NotFound) as error:
        _refused(context, refund, str(error))
    except PaymailError as error:
        _postpone(context, refund, error)
    else:
        with context.transaction() as session:
            reversals.record_reversals(
                session,
                intent_id=payment.intent_id or "",
                reversals=Reversals(refunds=(told,)),
                now=context.now(),
            )


def _refused(context: GatewayContext, refund: Refund, reason: str) -> None:
    log.error("Stripe refused a refund", refund_id=refund.refund_id, reason=reason)
    with context.transaction() as session:
        invoice = load_invoice(session, invoice_id=refund.invoice_id, lock=True)
        row = session.get_one(Refund, refund.refund_id)
        if row.status is RefundStatus.REQUESTED:
            reversals.move(
                session,
                invoice=invoice,
                refund=row,
                target=RefundStatus.FAILED,
                now=context.now(),
                failure=reason,
            )


def _postpone(context: GatewayContext, refund: Refund, error: PaymailError) -> None:
    with context.transaction() as session:
        load_invoice(session, invoice_id=refund.invoice_id, lock=True)
        row = session.get_one(Refund, refund.refund_id)
        if row.status is not RefundStatus.REQUESTED:
            return
        row.failure = str(error)[:200]
        row.next_at = context.now() + min(timedelta(seconds=5) * 2 ** min(row.tries, 12), LONGEST_PAUSE)
        if isinstance(error, KeySpent):
            # Stripe keeps its own failure under the key. Whether it made the refund is looked up first.
            row.idempotency_key = _key(row)
