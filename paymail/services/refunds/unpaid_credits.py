"""Credit notes without a payment: what was billed was too much, and the customer has not paid it yet."""

from datetime import datetime

from sqlalchemy.orm import Session

from paymail.models import Channel, Invoice, PaymentStatus, Refund, RefundStatus
from paymail.money import Money
from paymail.services.core import idempotency
from paymail.services.core.invoices import load_invoice
from paymail.services.outbox.open_reminders import suppress_open
from paymail.services.refunds import reversals
from paymail.services.refunds.refund_limits import BadRefund, NotRefundable

ANOTHER = "this form was already used for a different credit note; reload the page"


def credit(
    session: Session,
    *,
    invoice_id: int,
    reason: str,
    actor: str,
    now: datetime,
    amount: int | None = None,
    key: str | None = None,
) -> Refund:
    """Take what is owed off an invoice, or `amount` of it (minor units), by a numbered credit note.

    The customer is emailed the note; `reason` stands on it. What they have open in a browser can no longer
    charge the old balance. `key` makes asking twice one note. Raises NoSuchInvoice, BadRefund, NotRefundable,
    KeyReused.
    """
    invoice = load_invoice(session, invoice_id=invoice_id, lock=True)
    if not key:
        return _credit(session, invoice, amount, reason, actor, now)
    found, first = idempotency.reserve(session, scope=idempotency.REFUND, key=key, actor=actor, now=now)
    content = idempotency.content_digest("credit", invoice_id, amount, reason)
    if not first:
        idempotency.check(found, content, refusal=ANOTHER)
        return session.get_one(Refund, found.refund_id)
    made = _credit(session, invoice, amount, reason, actor, now)
    found.content_digest, found.refund_id = content, made.refund_id
    return made


def _credit(
    session: Session, invoice: Invoice, amount: int | None, reason: str, actor: str, now: datetime
) -> Refund:
    if not invoice.owed or invoice.payment_status is PaymentStatus.PROCESSING:
        raise NotRefundable("there is nothing to credit, or a payment is clearing")
    credited = invoice.balance if amount is None else amount
    if not 0 < credited <= invoice.balance:
        raise BadRefund(f"the amount must be above zero, up to {Money(invoice.balance, invoice.currency)}")
    if not reason.strip():
        raise BadRefund("enter a reason; it stands on the credit note")
    note = Refund(
        invoice_id=invoice.invoice_id,
        issuer_id=invoice.issuer_id,
        channel=Channel.OTHER,
        amount=0,
        credited=credited,
        owed_again=False,
        currency=invoice.currency,
        status=RefundStatus.REQUESTED,
        reason=reason.strip(),
        actor=actor,
        next_at=now,
        created_at=now,
        updated_at=now,
    )
    session.add(note)
    session.flush()
    reversals.move(session, invoice=invoice, refund=note, target=RefundStatus.SUCCEEDED, now=now)
    why = "a part of the invoice was credited" if invoice.owed else "nothing is owed on this invoice"
    suppress_open(session, invoice_id=invoice.invoice_id, reason=why, now=now)
    return note
