"""Disputes: a customer's bank asks a payment back. Reminders wait, staff are told, the books follow."""

from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from paymail.models import (
    DISPUTE_MOVES,
    Dispute,
    DisputeState,
    HoldOrigin,
    HoldReason,
    Invoice,
    Payment,
    check_move,
)
from paymail.money import Money, from_stripe_amount
from paymail.ports.reversals import GatewayDispute
from paymail.services.ledger import entries, open_intent
from paymail.services.outbox import notices
from paymail.services.reminders import holds

STRIPE = "stripe"
_ENDS = {
    "lost": DisputeState.LOST,
    "won": DisputeState.WON,
    "warning_closed": DisputeState.WON,
    "prevented": DisputeState.WON,
}
"""Stripe documentation, "The Dispute object": every other status is one under way."""


def state_of(told: GatewayDispute) -> DisputeState:
    """Return where a dispute stands, as far as the books care."""
    return _ENDS.get(told.status, DisputeState.OPEN)


def take_dispute(
    session: Session, *, invoice: Invoice, payment: Payment, told: GatewayDispute, now: datetime
) -> None:
    """Bring a dispute to what Stripe says. Under the invoice's lock; safe to repeat."""
    row = session.get(Dispute, told.id, with_for_update=True, populate_existing=True)
    target = state_of(told)
    if row is None:
        row = _open(session, invoice, payment, told, now)
    if row.state is target and row.gateway_status == told.status[:40]:
        return  # said before: `updated_at` stays the instant at which it was lost, which reports go by
    row.gateway_status, row.updated_at = told.status[:40], now
    if row.state is target:
        return
    check_move(DISPUTE_MOVES, row.state, target)
    before, row.state = row.state, target
    owed_before = invoice.balance
    if target is DisputeState.LOST:
        invoice.amount_charged_back += row.amount
    elif before is DisputeState.LOST:
        invoice.amount_charged_back -= row.amount
    open_intent.update_status(session, invoice=invoice, now=now, owed_before=owed_before)
    _conclude(session, invoice, row, now)


def _open(
    session: Session, invoice: Invoice, payment: Payment, told: GatewayDispute, now: datetime
) -> Dispute:
    same = told.currency == payment.currency
    # A bank may speak in its own currency; then the whole payment is in question.
    amount = from_stripe_amount(told.amount, payment.currency) if same else payment.amount
    due = datetime.fromtimestamp(told.evidence_due, UTC) if told.evidence_due else None
    row = Dispute(
        dispute_id=told.id,
        invoice_id=invoice.invoice_id,
        payment_id=payment.payment_id,
        amount=min(amount, payment.amount),
        currency=payment.currency,
        state=DisputeState.OPEN,
        gateway_status=told.status[:40],
        reason=told.reason[:60],
        evidence_due_at=due,
        opened_at=now,
        updated_at=now,
    )
    session.add(row)
    session.flush()
    why = f"{Money(row.amount, row.currency)}, {row.reason or 'no reason given'}, {row.dispute_id}"
    entries.note(session, invoice=invoice, kind="dispute_opened", actor=STRIPE, now=now, detail=why)
    _hold(session, row, now)
    until = f" Respond in Stripe before {due:%Y-%m-%d}." if due else ""
    _tell(
        session,
        row,
        "opened",
        f"A payment is disputed: {why}.{until} Reminders for this invoice are on hold.",
        now,
    )
    return row


def _hold(session: Session, row: Dispute, now: datetime) -> None:
    """Let the reminders wait, unless they do for a dispute already: staff's own hold is left to staff."""
    held = holds.in_force(session, invoice_ids=[row.invoice_id], now=now)
    if not any(hold.reason == HoldReason.DISPUTED and hold.until is None for hold in held):
        holds.place(
            session,
            invoice_id=row.invoice_id,
            reason=HoldReason.DISPUTED,
            actor=STRIPE,
            now=now,
            detail=row.dispute_id,
            origin=HoldOrigin.STRIPE,
        )


def _conclude(session: Session, invoice: Invoice, row: Dispute, now: datetime) -> None:
    kind = f"dispute_{row.state}"
    detail = f"{Money(row.amount, row.currency)}, {row.dispute_id}"
    entries.note(session, invoice=invoice, kind=kind, actor=STRIPE, now=now, detail=detail)
    match row.state:
        case DisputeState.WON:
            _release(session, row, now)
            _tell(session, row, "won", f"The dispute was decided in your favour: {detail}.", now)
        case DisputeState.OPEN:
            # An inquiry that was closed may become a dispute after all (Stripe docs, "Inquiries").
            _hold(session, row, now)
            _tell(session, row, "reopened", f"{detail}. Reminders for this invoice are on hold.", now)
        case DisputeState.LOST:
            _hold(session, row, now)
            text = (
                f"The dispute was lost: {detail} was returned to the customer. The invoice is owed again, and"
                " its reminders are on hold until you release them or write off the amount."
            )
            _tell(session, row, "lost", text, now)


def _release(session: Session, row: Dispute, now: datetime) -> None:
    """End the hold, unless another dispute of the invoice is under way, or was lost and staff decide."""
    others = select(Dispute.dispute_id).where(
        Dispute.invoice_id == row.invoice_id,
        Dispute.dispute_id != row.dispute_id,
        Dispute.state != DisputeState.WON,
    )
    if session.scalar(others.limit(1)) is not None:
        return
    held = holds.in_force(session, invoice_ids=[row.invoice_id], now=now)
    if any(hold.reason == HoldReason.DISPUTED and hold.origin is HoldOrigin.STRIPE for hold in held):
        holds.lift(session, invoice_id=row.invoice_id, actor=STRIPE, now=now, reason=HoldReason.DISPUTED)


def _tell(session: Session, row: Dispute, what: str, detail: str, now: datetime) -> None:
    notices.tell_staff(
        session,
        invoice_id=row.invoice_id,
        about=f"dispute {what}",
        key=row.dispute_id,
        headline=f"A dispute was {what}",
        detail=detail,
        now=now,
    )
