"""Money that the host's own system knows of: what exceeds all that ever arrived here is entered once."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from paymail.models import Channel, Invoice, InvoiceStatus, Issuer, Payment
from paymail.money import Money
from paymail.services.ledger import entries

SOURCE = "import"


def unknown_part(invoice: Invoice, *, known_to_host: int) -> int:
    """Return what of the host's `known_to_host` never arrived here, in minor units.

    0 where it is as much or less: the host repeats what paymail told it, or its news is old. What went back
    since, or was disputed, did arrive.
    """
    return max(known_to_host - invoice.amount_paid, 0)


def enter(
    session: Session, *, invoice: Invoice, known_to_host: int, actor: str, now: datetime
) -> Payment | None:
    """Enter what paymail does not know of as one payment, without an email to the customer; None if nothing.

    `known_to_host` is all that the host ever received, in minor units. Under the invoice's lock, and only
    while it has no live attempt: the host may know of that very payment. A surplus is shown and told to staff
    as any other.
    """
    amount = unknown_part(invoice, known_to_host=known_to_host)
    if not amount:
        return None
    payment = _payment(invoice, amount, now)
    entries.enter_payment(session, invoice=invoice, payment=payment, actor=actor, now=now, receipt=False)
    return payment


def enter_first(session: Session, *, invoices: Sequence[Invoice], actor: str, now: datetime) -> None:
    """Enter what new invoices of one issuer had received before paymail knew them, in one statement.

    Their books were opened with it. They were just written: nobody has reminders of them, or can pay them.
    """
    paid = [invoice for invoice in invoices if invoice.amount_paid]
    if not paid:
        return
    last = entries.next_number(
        session, issuer_id=paid[0].issuer_id, last=Issuer.last_receipt, count=len(paid)
    )
    made = [_payment(invoice, invoice.amount_paid, now) for invoice in paid]
    for number, (invoice, payment) in enumerate(zip(paid, made, strict=True), start=last - len(paid) + 1):
        payment.balance_after, payment.receipt_number = invoice.balance, number
    session.add_all(made)
    session.flush()
    for invoice, payment in zip(paid, made, strict=True):
        if invoice.status is InvoiceStatus.VOID:
            # History that the host has dealt with: staff are not told of each.
            detail = f"{Money(payment.amount, payment.currency)} by {payment.method}"
            entries.note(
                session, invoice=invoice, kind="payment_received", actor=actor, now=now, detail=detail
            )
        else:
            entries.tell(session, invoice=invoice, payment=payment, actor=actor, now=now)


def _payment(invoice: Invoice, amount: int, now: datetime) -> Payment:
    return Payment(
        invoice_id=invoice.invoice_id,
        issuer_id=invoice.issuer_id,
        amount=amount,
        currency=invoice.currency,
        method="the host's records",
        source=SOURCE,
        channel=Channel.HOST,
        received_at=now,
    )
