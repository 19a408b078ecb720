"""Money that went back, written into the books as Stripe tells it, whoever asked for it.

The webhook, the reconciler and the carrying out of staff's refunds all come here with what was just read
from Stripe, under the invoice's lock. Safe to repeat, in any order.
"""

from datetime import UTC, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from paymail import observability
from paymail.db import after_commit
from paymail.errors import Unavailable
from paymail.models import (
    IN_FORCE,
    REFUND_MOVES,
    RESERVING,
    UNAPPROVED,
    Channel,
    Dispute,
    DisputeState,
    Invoice,
    Issuer,
    MessageKind,
    Payment,
    Refund,
    RefundStatus,
    check_move,
)
from paymail.money import Money, from_stripe_amount
from paymail.ports.reversals import GatewayRefund, Reversals
from paymail.services.core.invoices import load_invoice
from paymail.services.ledger import entries, open_intent
from paymail.services.outbox import dedupe_keys, notices
from paymail.services.refunds import disputes, later_notes, refund_references

STRIPE = "stripe"
log = observability.logger(__name__)


class NotRecordedYet(Unavailable):
    """The payment that went back is not in the books yet; it comes first."""

    code = "payment_not_recorded_yet"


def record_reversals(session: Session, *, intent_id: str, reversals: Reversals, now: datetime) -> None:
    """Bring an intent's refunds and disputes to what Stripe says. Raises NotRecordedYet."""
    if not reversals.refunds and not reversals.disputes:
        return
    found = select(Payment).where(Payment.intent_id == intent_id)
    payment = session.scalars(found).one_or_none()
    if payment is None:
        raise NotRecordedYet("refund reported for a payment that is not recorded yet")
    invoice = load_invoice(session, invoice_id=payment.invoice_id, lock=True)
    for refund in reversals.refunds:
        _take_refund(session, invoice, payment, refund, now)
    for dispute in reversals.disputes:
        disputes.take_dispute(session, invoice=invoice, payment=payment, told=dispute, now=now)


def _take_refund(
    session: Session, invoice: Invoice, payment: Payment, told: GatewayRefund, now: datetime
) -> None:
    row = _row_of(session, payment, told)
    if row is None:
        row = Refund(
            invoice_id=invoice.invoice_id,
            issuer_id=invoice.issuer_id,
            payment_id=payment.payment_id,
            gateway_id=told.id,
            channel=Channel.STRIPE,
            amount=from_stripe_amount(told.amount, payment.currency),
            credited=credit_of(session, invoice, from_stripe_amount(told.amount, payment.currency)),
            currency=payment.currency,
            status=RefundStatus.REQUESTED,
            actor=STRIPE,
            next_at=now,
            created_at=now,
            updated_at=now,
        )
        session.add(row)
        session.flush()
    if row.status in UNAPPROVED:
        settle_credit(session, invoice, row)
    row.gateway_id = told.id
    move(
        session, invoice=invoice, refund=row, target=RefundStatus(told.status), now=now, failure=told.failure
    )


def _row_of(session: Session, payment: Payment, told: GatewayRefund) -> Refund | None:
    """Return our row of a refund: by Stripe's id, else by the reference that we gave along."""
    known = session.scalars(
        select(Refund).where(Refund.gateway_id == told.id).with_for_update()
    ).one_or_none()
    refund_id = refund_references.id_in(told.reference)
    if known is not None or refund_id is None:
        return known
    asked = session.get(Refund, refund_id, with_for_update=True, populate_existing=True)
    if asked is None or asked.payment_id != payment.payment_id or asked.gateway_id is not None:
        return None
    return asked if refund_references.is_of(told, asked) else None


def credit_of(session: Session, invoice: Invoice, amount: int) -> int:
    """Return how much of a refund is credited on the invoice: what is not the return of a surplus.

    Refunds that are requested and not carried out yet have taken their share of both.
    """
    asked = select(func.sum(Refund.amount), func.sum(Refund.credited)).where(
        Refund.invoice_id == invoice.invoice_id, Refund.status == RefundStatus.REQUESTED
    )
    # SUM of a BIGINT is a Decimal on PostgreSQL.
    going, credited = (int(total or 0) for total in session.execute(asked).one())
    surplus = max(-(invoice.shortfall + going - credited), 0)
    left = invoice.total - invoice.amount_credited - credited
    return min(max(amount - surplus, 0), max(left, 0))


def settle_credit(session: Session, invoice: Invoice, refund: Refund) -> None:
    """Decide how much of a refund is credited, by the books as they are now, before it is asked for."""
    refund.credited = 0 if refund.owed_again else credit_of(session, invoice, refund.amount)


def move(
    session: Session,
    *,
    invoice: Invoice,
    refund: Refund,
    target: RefundStatus,
    now: datetime,
    failure: str = "",
) -> None:
    """Move a refund, and the books with it. Old news (a move that is not declared) changes nothing."""
    if refund.status is target or target not in REFUND_MOVES[refund.status]:
        return
    check_move(REFUND_MOVES, refund.status, target)
    before, refund.status, refund.updated_at, refund.failure = refund.status, target, now, failure[:200]
    owed_before = invoice.balance
    if before not in IN_FORCE and target in IN_FORCE:
        _count(session, invoice, refund, now)
    elif before in IN_FORCE and target not in IN_FORCE:
        invoice.amount_refunded -= refund.amount
        invoice.amount_credited -= refund.credited
    if refund.credit_note is not None:
        later_notes.bring_up_to_date(session, invoice=invoice, cause=refund, now=now)
    open_intent.update_status(session, invoice=invoice, now=now, owed_before=owed_before)
    kind, detail = f"refund_{target}", f"{Money(refund.amount, refund.currency)}, refund {refund.refund_id}"
    if refund.payment_id is None:
        kind, detail = "credited", f"{Money(refund.credited, refund.currency)}: {refund.reason}"
    entries.note(session, invoice=invoice, kind=kind, actor=refund.actor, now=now, detail=detail)
    after_commit(session, lambda: say(refund, target))
    if target is RefundStatus.FAILED:
        _tell_of_failure(session, refund, now)


def say(refund: Refund, target: RefundStatus) -> None:
    """Write a log line: where a refund stands from now on."""
    log.info(
        f"refund {target}",
        invoice_id=refund.invoice_id,
        refund_id=refund.refund_id,
        payment_id=refund.payment_id,
        amount=refund.amount,
        currency=refund.currency,
    )


def _count(session: Session, invoice: Invoice, refund: Refund, now: datetime) -> None:
    if refund.credited and refund.credit_note is None:
        refund.credited_before = invoice.amount_credited
        refund.credit_note = entries.next_number(
            session, issuer_id=refund.issuer_id, last=Issuer.last_credit_note
        )
    invoice.amount_refunded += refund.amount
    invoice.amount_credited += refund.credited
    session.flush()
    key = dedupe_keys.refund_notice(refund_id=refund.refund_id)
    entries.queue_email(
        session,
        invoice=invoice,
        kind=MessageKind.REFUND,
        key=key,
        actor=refund.actor,
        now=now,
        payment_id=refund.payment_id,
        refund_id=refund.refund_id,
    )


def _tell_of_failure(session: Session, refund: Refund, now: datetime) -> None:
    note = f" Credit note {refund.credit_note} is no longer valid." if refund.credit_note else ""
    notices.tell_staff(
        session,
        invoice_id=refund.invoice_id,
        about="refund failed",
        key=f"{refund.refund_id}:{now.astimezone(UTC):%Y%m%d%H%M%S}",
        headline="A refund failed",
        detail=f"{Money(refund.amount, refund.currency)} did not reach the customer"
        f" ({refund.failure or 'no reason given'}); the refund has been reversed in paymail.{note}",
        now=now,
    )


def reserved(session: Session, *, payment: Payment, besides: Refund | None = None) -> int:
    """Return how much of a payment goes back, or is asked back, in minor units; `besides` does not count."""
    taken = select(func.sum(Refund.amount)).where(
        Refund.payment_id == payment.payment_id, Refund.status.in_(RESERVING)
    )
    if besides is not None:
        taken = taken.where(Refund.refund_id != besides.refund_id)
    # SUM of a BIGINT is a Decimal on PostgreSQL.
    return int(session.scalar(taken) or 0)


def refundable(session: Session, *, payment: Payment, besides: Refund | None = None) -> int:
    """Return how much of a payment can still go back, in minor units; `besides` takes nothing of it."""
    given = reserved(session, payment=payment, besides=besides)
    lost = session.scalar(
        select(func.sum(Dispute.amount)).where(
            Dispute.payment_id == payment.payment_id, Dispute.state == DisputeState.LOST
        )
    )
    return max(payment.amount - given - int(lost or 0), 0)
