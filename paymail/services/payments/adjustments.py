"""What staff change about what is owed: write-offs, voiding, and leave to pay in parts."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from paymail.models import (
    STATUS_MOVES,
    Invoice,
    InvoiceStatus,
    Message,
    MessageKind,
    MessageState,
    PaymentStatus,
    check_move,
)
from paymail.money import Money, stripe_amount
from paymail.services.core.invoices import load_invoice
from paymail.services.ledger import entries, open_intent
from paymail.services.outbox import dedupe_keys
from paymail.services.outbox.open_reminders import suppress_open
from paymail.services.payments.manual_payments import BadRecord, NotRecordable

ASKING = (
    MessageKind.INVOICE,
    MessageKind.REMINDER,
    MessageKind.LINK,
    MessageKind.PLAN,
    MessageKind.PAYMENT_FAILED,
)
"""The kinds that ask a customer for money."""


def write_off(
    session: Session,
    *,
    invoice_id: int,
    reason: str,
    actor: str,
    now: datetime,
    amount: int | None = None,
    before: int | None = None,
) -> int:
    """Give up what is owed, or `amount` of it (minor units); return what was given up.

    A write-off is not a credit note: the supply and its tax stay as they are. `before` is what was written
    off already as the caller saw it: then the same request again changes nothing, and one that rests on old
    news is refused. Raises NoSuchInvoice, BadRecord, NotRecordable.
    """
    invoice = load_invoice(session, invoice_id=invoice_id, lock=True)
    if before is not None and (done := invoice.amount_written_off - before):
        if done == amount or (amount is None and done > 0 and not invoice.balance):
            return done
        raise NotRecordable(
            "the amount written off has changed since you loaded this page; check the invoice and try again"
        )
    if not invoice.owed or invoice.payment_status is PaymentStatus.PROCESSING:
        raise NotRecordable("there is nothing to write off, or a payment is clearing")
    given_up = invoice.balance if amount is None else amount
    if not 0 < given_up <= invoice.balance:
        raise BadRecord(f"the amount must be above zero, up to {Money(invoice.balance, invoice.currency)}")
    if not reason:
        raise BadRecord("enter a reason for writing off this amount")
    invoice.amount_written_off += given_up
    invoice.written_off_at = now
    _changed(session, invoice, now)
    detail = f"{Money(given_up, invoice.currency)}: {reason}"
    entries.note(session, invoice=invoice, kind="written_off", actor=actor, now=now, detail=detail)
    return given_up


def undo_write_off(session: Session, *, invoice_id: int, actor: str, now: datetime) -> None:
    """Ask for what was written off again. Raises NoSuchInvoice, NotRecordable."""
    invoice = load_invoice(session, invoice_id=invoice_id, lock=True)
    if not invoice.amount_written_off:
        raise NotRecordable("nothing has been written off")
    detail = str(Money(invoice.amount_written_off, invoice.currency))
    invoice.amount_written_off, invoice.reminders_from = 0, now
    invoice.written_off_at = None
    _changed(session, invoice, now)
    entries.note(session, invoice=invoice, kind="write_off_undone", actor=actor, now=now, detail=detail)


def has_money(invoice: Invoice) -> bool:
    """Whether money has arrived and stayed, or is clearing: then the invoice cannot be voided."""
    return bool(invoice.received) or invoice.payment_status is PaymentStatus.PROCESSING


def void(session: Session, *, invoice_id: int, reason: str, actor: str, now: datetime) -> None:
    """Cancel an invoice for good: it cannot be paid, reminded or sent.

    A customer who was mailed about it is told.

    Raises NoSuchInvoice; BadRecord without a reason; NotRecordable when money has arrived or is clearing.
    """
    invoice = load_invoice(session, invoice_id=invoice_id, lock=True)
    if has_money(invoice):
        raise NotRecordable("a payment has been received or is clearing; refund it first")
    if not reason:
        raise BadRecord("enter a reason for voiding the invoice")
    check_move(STATUS_MOVES, invoice.status, InvoiceStatus.VOID)
    invoice.status, invoice.voided_at = InvoiceStatus.VOID, now
    _changed(session, invoice, now)
    entries.note(session, invoice=invoice, kind="voided", actor=actor, now=now, detail=reason)
    if invoice.customer.erased_at is None and told_of_void(session, [invoice_id]):
        key = dedupe_keys.void(invoice_id=invoice_id)
        entries.queue_email(session, invoice=invoice, kind=MessageKind.VOID, key=key, actor=actor, now=now)


def told_of_void(session: Session, invoice_ids: Collection[int]) -> set[int]:
    """Return of which of these invoices the customer is told when they are voided: an email that asks for
    money may have reached it."""
    if not invoice_ids:
        return set()
    handed_over = (MessageState.SENT, MessageState.UNKNOWN, MessageState.HANDOVER)
    statement = select(Message.invoice_id).where(
        Message.invoice_id.in_(invoice_ids),
        Message.kind.in_(ASKING),
        Message.state.in_(handed_over),
    )
    return set(session.scalars(statement.distinct()))


def allow_parts(session: Session, *, invoice_id: int, minimum: int | None, actor: str, now: datetime) -> None:
    """Let the customer pay parts of at least `minimum` (minor units), or only the whole (None).

    Raises NoSuchInvoice, BadRecord; NotChargeable for a minimum that no card can be charged with.
    """
    invoice = load_invoice(session, invoice_id=invoice_id, lock=True)
    if minimum is not None and not 0 < minimum <= invoice.total:
        raise BadRecord(
            f"the minimum part payment must be above zero, up to {Money(invoice.total, invoice.currency)}"
        )
    if minimum is not None:
        stripe_amount(minimum, invoice.currency)
    invoice.part_minimum = minimum
    invoice.updated_at = now
    detail = "not allowed" if minimum is None else f"from {Money(minimum, invoice.currency)}"
    entries.note(session, invoice=invoice, kind="part_payments", actor=actor, now=now, detail=detail)


def _changed(session: Session, invoice: Invoice, now: datetime) -> None:
    entries.update_status(session, invoice=invoice, now=now)
    if not invoice.owed:
        suppress_open(
            session, invoice_id=invoice.invoice_id, reason="nothing is owed on this invoice", now=now
        )
    open_intent.mark_for_cancellation(session, invoice_id=invoice.invoice_id, now=now)
