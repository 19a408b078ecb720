"""What staff write into an invoice's books: money that came another way, what is given up, and voiding."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from paymail.errors import Conflict, InvalidInput
from paymail.models import (
    STATUS_MOVES,
    Channel,
    Invoice,
    InvoiceStatus,
    Payment,
    PaymentStatus,
    check_move,
)
from paymail.money import Money, stripe_amount
from paymail.services.core.idempotency import KeyReused
from paymail.services.core.invoices import load_invoice, local_date
from paymail.services.ledger import books, open_intent
from paymail.services.outbox.open_reminders import withdraw_open

EARLIEST = date(2000, 1, 1)
LONGEST_REFERENCE = 140


class BadRecord(InvalidInput):
    """What staff want to write down cannot be; the message says why."""

    code = "bad_record"


class NotRecordable(Conflict):
    """The invoice is not in a state for this."""

    code = "not_recordable"


class MoreThanOwed(Conflict):
    """The payment is larger than what is owed, and nobody said that this is meant."""

    code = "more_than_owed"


@dataclass(frozen=True, slots=True)
class ManualPayment:
    """Money that came by another way. `amount` in minor units; `key` makes asking twice record one.

    Without `surplus_meant` more than is owed is refused: it is mostly a slip, or a payment recorded twice.
    """

    amount: int
    channel: Channel
    paid_on: date
    reference: str = ""
    key: str | None = None
    surplus_meant: bool = True


def record_payment(
    session: Session, *, invoice_id: int, asked: ManualPayment, actor: str, now: datetime
) -> Payment:
    """Record a manual payment, with its receipt. More than is owed is recorded, shown and told to staff.

    Raises NoSuchInvoice, BadRecord, NotRecordable, MoreThanOwed, KeyReused.
    """
    invoice = load_invoice(session, invoice_id=invoice_id, lock=True)
    if asked.key and (known := _recorded(session, invoice_id, asked)):
        return known
    _check(invoice, asked, now)
    payment = Payment(
        invoice_id=invoice.invoice_id,
        issuer_id=invoice.issuer_id,
        amount=asked.amount,
        currency=invoice.currency,
        method=asked.channel.replace("_", " "),
        source="staff",
        channel=asked.channel,
        reference=asked.reference,
        paid_on=asked.paid_on,
        request_key=asked.key,
        received_at=now,
    )
    books.take_in(session, invoice=invoice, payment=payment, actor=actor, now=now)
    # What the customer has open in a browser would charge the old balance.
    open_intent.withdraw(session, invoice_id=invoice_id, now=now)
    return payment


def _recorded(session: Session, invoice_id: int, asked: ManualPayment) -> Payment | None:
    known = session.scalars(select(Payment).where(Payment.request_key == asked.key)).one_or_none()
    if known is None:
        return None
    recorded = (known.invoice_id, known.amount, known.channel, known.paid_on, known.reference)
    if recorded != (invoice_id, asked.amount, asked.channel, asked.paid_on, asked.reference):
        raise KeyReused("another payment was recorded by this request before; load the page again")
    return known


def _check(invoice: Invoice, asked: ManualPayment, now: datetime) -> None:
    if invoice.status is not InvoiceStatus.SENT:
        raise NotRecordable(
            f"this invoice is {'a draft' if invoice.status is InvoiceStatus.DRAFT else 'void'}"
        )
    if asked.channel is Channel.STRIPE:
        raise BadRecord("payments by Stripe are read from Stripe, never typed")
    if asked.amount <= 0:
        raise BadRecord("the amount must be more than nothing")
    if len(asked.reference) > LONGEST_REFERENCE:
        raise BadRecord(f"the reference is longer than {LONGEST_REFERENCE} characters")
    if asked.amount > 10 * max(invoice.total, 1):
        raise BadRecord("the amount is more than ten times the invoice: a slip of the fingers")
    today = local_date(invoice.issuer, now)
    if not EARLIEST <= asked.paid_on <= today:
        raise BadRecord(f"the day must be between {EARLIEST} and today, {today}")
    if asked.amount > invoice.balance and not asked.surplus_meant:
        given, owed = Money(asked.amount, invoice.currency), Money(invoice.balance, invoice.currency)
        raise MoreThanOwed(
            f"{given} is more than the {owed} owed: say that the surplus is meant, or correct the amount"
        )


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
        raise NotRecordable("the write-offs have changed meanwhile: look at the invoice again")
    if not invoice.owed or invoice.payment_status is PaymentStatus.PROCESSING:
        raise NotRecordable("nothing is owed that could be given up, or a payment is clearing")
    given_up = invoice.balance if amount is None else amount
    if not 0 < given_up <= invoice.balance:
        raise BadRecord(f"the amount must be between nothing and {Money(invoice.balance, invoice.currency)}")
    if not reason:
        raise BadRecord("say why it is written off")
    invoice.amount_written_off += given_up
    _changed(session, invoice, now)
    detail = f"{Money(given_up, invoice.currency)}: {reason}"
    books.note(session, invoice=invoice, kind="written_off", actor=actor, now=now, detail=detail)
    return given_up


def undo_write_off(session: Session, *, invoice_id: int, actor: str, now: datetime) -> None:
    """Ask for what was written off again. Raises NoSuchInvoice, NotRecordable."""
    invoice = load_invoice(session, invoice_id=invoice_id, lock=True)
    if not invoice.amount_written_off:
        raise NotRecordable("nothing was written off")
    detail = str(Money(invoice.amount_written_off, invoice.currency))
    invoice.amount_written_off, invoice.reminders_from = 0, now
    _changed(session, invoice, now)
    books.note(session, invoice=invoice, kind="write_off_undone", actor=actor, now=now, detail=detail)


def void(session: Session, *, invoice_id: int, reason: str, actor: str, now: datetime) -> None:
    """Cancel an invoice for good: it cannot be paid, reminded or sent.

    Raises NoSuchInvoice; BadRecord without a reason; NotRecordable when money has arrived or is clearing.
    """
    invoice = load_invoice(session, invoice_id=invoice_id, lock=True)
    if invoice.received or invoice.payment_status is PaymentStatus.PROCESSING:
        raise NotRecordable("money has arrived for this invoice, or is clearing: refund it first")
    if not reason:
        raise BadRecord("say why it is void")
    check_move(STATUS_MOVES, invoice.status, InvoiceStatus.VOID)
    invoice.status = InvoiceStatus.VOID
    _changed(session, invoice, now)
    books.note(session, invoice=invoice, kind="voided", actor=actor, now=now, detail=reason)


def allow_parts(session: Session, *, invoice_id: int, minimum: int | None, actor: str, now: datetime) -> None:
    """Let the customer pay parts of at least `minimum` (minor units), or only the whole (None).

    Raises NoSuchInvoice, BadRecord; NotChargeable for a minimum that no card can be charged with.
    """
    invoice = load_invoice(session, invoice_id=invoice_id, lock=True)
    if minimum is not None and not 0 < minimum <= invoice.total:
        raise BadRecord(
            f"the smallest part must be between nothing and {Money(invoice.total, invoice.currency)}"
        )
    if minimum is not None:
        stripe_amount(minimum, invoice.currency)
    invoice.part_minimum = minimum
    invoice.updated_at = now
    detail = "not allowed" if minimum is None else f"from {Money(minimum, invoice.currency)}"
    books.note(session, invoice=invoice, kind="part_payments", actor=actor, now=now, detail=detail)


def _changed(session: Session, invoice: Invoice, now: datetime) -> None:
    books.bring_up(session, invoice=invoice, now=now)
    if not invoice.owed:
        withdraw_open(session, invoice_id=invoice.invoice_id, reason="nothing is owed any more", now=now)
    open_intent.withdraw(session, invoice_id=invoice.invoice_id, now=now)
