"""What staff write into an invoice's books: money that came another way, what is given up, and voiding."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from paymail.errors import Conflict, InvalidInput
from paymail.models import Channel, Invoice, InvoiceStatus, Payment
from paymail.money import Money
from paymail.services.core import idempotency
from paymail.services.core.invoices import load_invoice, local_date
from paymail.services.ledger import entries, open_intent

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
    if not asked.key:
        return _record(session, invoice, asked, actor, now)
    found, first = idempotency.reserve(
        session, scope=idempotency.MANUAL_PAYMENT, key=asked.key, actor=actor, now=now
    )
    content = content_of(invoice_id, asked)
    if not first:
        idempotency.check(
            found,
            content,
            refusal="this form was already used to record a different payment; reload the page",
        )
        return session.get_one(Payment, found.payment_id)
    payment = _record(session, invoice, asked, actor, now)
    found.content_digest, found.payment_id = content, payment.payment_id
    return payment


def content_of(invoice_id: int, asked: ManualPayment) -> str:
    """Return the digest of what a payment was recorded with."""
    return idempotency.content_digest(invoice_id, asked.amount, asked.channel, asked.paid_on, asked.reference)


def _record(session: Session, invoice: Invoice, asked: ManualPayment, actor: str, now: datetime) -> Payment:
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
    entries.enter_payment(session, invoice=invoice, payment=payment, actor=actor, now=now)
    # What the customer has open in a browser would charge the old balance.
    open_intent.mark_for_cancellation(session, invoice_id=invoice.invoice_id, now=now)
    return payment


def _check(invoice: Invoice, asked: ManualPayment, now: datetime) -> None:
    if invoice.status is not InvoiceStatus.SENT:
        raise NotRecordable(
            f"this invoice is {'a draft' if invoice.status is InvoiceStatus.DRAFT else 'void'}"
        )
    if asked.channel is Channel.STRIPE:
        raise BadRecord("Stripe payments are recorded automatically and cannot be entered manually")
    if asked.channel is Channel.HOST:
        raise BadRecord("payments that your own system reports come in by import; choose how the money came")
    if asked.amount <= 0:
        raise BadRecord("the amount must be above zero")
    if len(asked.reference) > LONGEST_REFERENCE:
        raise BadRecord(f"the reference is longer than {LONGEST_REFERENCE} characters")
    if asked.amount > 10 * max(invoice.total, 1):
        raise BadRecord("the amount is more than ten times the invoice total; check for a typo")
    today = local_date(invoice.issuer, now)
    if not EARLIEST <= asked.paid_on <= today:
        raise BadRecord(f"the date must be between {EARLIEST} and today, {today}")
    if asked.amount > invoice.balance and not asked.surplus_meant:
        given, owed = Money(asked.amount, invoice.currency), Money(invoice.balance, invoice.currency)
        raise MoreThanOwed(
            f"{given} is more than the {owed} owed: correct the amount, or confirm the overpayment"
        )
