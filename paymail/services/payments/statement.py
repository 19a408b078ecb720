"""The account of one invoice: what arrived, what went back, what is disputed. Staff read it everywhere."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from paymail.models import Channel, Dispute, DisputeState, Invoice, Issuer, Message, Payment, Refund
from paymail.services.core.documents import payment_day
from paymail.services.core.invoices import load_invoice
from paymail.services.payments import receipts
from paymail.services.refunds import reversals


@dataclass(frozen=True, slots=True)
class StatementPayment:
    """A payment with its receipts. `refundable` in minor units; 0 while it is disputed."""

    payment: Payment
    day: date
    """On the issuer's calendar."""
    refundable: int
    disputed: bool
    receipts: list[Message]
    sequence: int
    """Of the next copy of the receipt."""

    @property
    def actor(self) -> str:
        """Who recorded it: a person, or the source that brought the news."""
        by_source = self.payment.channel is Channel.HOST or not self.receipts
        return self.payment.source if by_source else self.receipts[0].actor

    @property
    def channels(self) -> list[Channel]:
        """How it can go back, the likeliest first."""
        own = self.payment.channel
        return [own, *(one for one in Channel if one not in (own, Channel.STRIPE, Channel.HOST))]


@dataclass(frozen=True, slots=True)
class Statement:
    """All money of an invoice, each list oldest first."""

    invoice: Invoice
    payments: list[StatementPayment]
    refunds: list[Refund]
    disputes: list[Dispute]


def statement(session: Session, *, invoice_id: int) -> Statement:
    """Return the account of an invoice. Raises NoSuchInvoice."""
    invoice = load_invoice(session, invoice_id=invoice_id)
    payments = select(Payment).where(Payment.invoice_id == invoice_id).order_by(Payment.payment_id)
    refunds = select(Refund).where(Refund.invoice_id == invoice_id).order_by(Refund.refund_id)
    disputes = select(Dispute).where(Dispute.invoice_id == invoice_id)
    disputed = list(session.scalars(disputes.order_by(Dispute.opened_at, Dispute.dispute_id)))
    open_ = {one.payment_id for one in disputed if one.state is DisputeState.OPEN}
    return Statement(
        invoice=invoice,
        payments=[
            statement_payment(session, issuer=invoice.issuer, payment=one, disputed=one.payment_id in open_)
            for one in session.scalars(payments)
        ],
        refunds=list(session.scalars(refunds)),
        disputes=disputed,
    )


def statement_payment(
    session: Session, *, issuer: Issuer, payment: Payment, disputed: bool
) -> StatementPayment:
    """Return a payment with what can be done about it."""
    return StatementPayment(
        payment=payment,
        day=payment_day(issuer, payment),
        refundable=0 if disputed else reversals.refundable(session, payment=payment),
        disputed=disputed,
        receipts=receipts.messages(session, payment_id=payment.payment_id),
        sequence=receipts.next_sequence(session, payment_id=payment.payment_id),
    )
