"""Where an invoice's money stands, as its customer sees it on the pay page."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import assert_never

from sqlalchemy import select
from sqlalchemy.orm import Session

from paymail.models import (
    IN_FORCE,
    Channel,
    Dispute,
    DisputeState,
    Invoice,
    InvoiceStatus,
    Payment,
    PaymentStatus,
    Refund,
    RefundStatus,
)
from paymail.money import Money, Obstacle
from paymail.services.core.documents import method_of, payment_day, receipt_number
from paymail.services.core.invoices import local_date
from paymail.services.core.online_payment import online_obstacle
from paymail.services.ledger import awaited_payments
from paymail.services.ledger.awaited_payments import AwaitedPayment
from paymail.services.letters.credit_notes import credit_note_number
from paymail.services.plans.choice import smallest, suggested
from paymail.services.plans.coverage import PlanView, plan_of

SOON = timedelta(days=3)


class State(StrEnum):
    """What the page is about."""

    PAYABLE = "payable"
    WAITING = "waiting"
    """A payment was begun that the customer makes by their own act."""
    PROCESSING = "processing"
    PAID = "paid"
    REFUNDED = "refunded"
    DISPUTED = "disputed"
    SETTLED = "settled"
    """Nothing is asked for, though not all was paid: the rest was written off, or the total is zero."""
    VOID = "void"
    UNAVAILABLE = "unavailable"


class Urgency(StrEnum):
    """How near the due date of what is asked for is."""

    DUE = "due"
    SOON = "soon"
    OVERDUE = "overdue"


@dataclass(frozen=True, slots=True)
class ReceivedPayment:
    """A payment as the customer sees it."""

    number: int
    receipt: str
    day: date
    method: str
    amount: Money


@dataclass(frozen=True, slots=True)
class ReturnedPayment:
    """A refund as the customer sees it."""

    refund_id: int
    credit_note: str
    day: date
    amount: Money
    """Zero: a credit note alone."""
    credited: Money
    pending: bool
    by_stripe: bool = False
    """Whether it goes back to the card or account that paid, within days."""


@dataclass(frozen=True, slots=True)
class PaymentSummary:
    """All that the page shows beside the invoice itself."""

    state: State
    urgency: Urgency
    due: date
    days: int
    """From today to `due` on the issuer's calendar; below zero when overdue."""
    asked: Money
    """What is asked for now: the balance, or what a plan asks for."""
    balance: Money
    least: Money
    """The smallest amount that may be paid; the balance when parts are not allowed."""
    received: Money
    """What arrived and stayed."""
    refunded: Money
    """What of the payments went back by refunds."""
    overpaid: Money
    """What arrived beyond what is asked for."""
    credited: Money
    """What credit notes took off the total."""
    written_off: Money
    """What of it was given up."""
    plan: PlanView | None
    awaited: AwaitedPayment | None = None
    """What waits for the customer's own act."""
    obstacle: Obstacle | None = None
    """Why nothing of the balance can be paid online."""
    partly_returned: bool = False
    payments: tuple[ReceivedPayment, ...] = ()
    refunds: tuple[ReturnedPayment, ...] = ()

    @property
    def arrived(self) -> Money:
        """What arrived, refunds included."""
        return Money(self.received.minor + self.refunded.minor, self.received.currency)

    @property
    def choice(self) -> bool:
        """Whether the customer may choose how much to pay."""
        return self.least.minor < self.balance.minor


def summary_of(session: Session, *, invoice: Invoice, now: datetime) -> PaymentSummary:
    """Return what the page of an invoice shows of its money. It must be loaded by `load_invoice`."""
    today = local_date(invoice.issuer, now)
    plan = plan_of(invoice)
    following = plan.following if plan else None
    due = following.due if following else invoice.due_date
    currency = invoice.currency
    awaited = awaited_payments.awaited(session, invoice_id=invoice.invoice_id)
    return PaymentSummary(
        state=_state(session, invoice, awaited),
        urgency=Urgency.OVERDUE if due < today else Urgency.SOON if due - today <= SOON else Urgency.DUE,
        due=due,
        days=(due - today).days,
        asked=Money(suggested(invoice, today), currency),
        balance=Money(invoice.balance, currency),
        least=Money(smallest(invoice), currency),
        received=Money(invoice.received, currency),
        refunded=Money(invoice.amount_refunded, currency),
        overpaid=Money(invoice.overpaid, currency),
        credited=Money(invoice.amount_credited, currency),
        written_off=Money(invoice.amount_written_off, currency),
        plan=plan,
        awaited=awaited,
        obstacle=online_obstacle(invoice),
        partly_returned=invoice.payment_status is PaymentStatus.PARTIALLY_REFUNDED,
        payments=_payments(session, invoice),
        refunds=_refunds(session, invoice),
    )


def _state(session: Session, invoice: Invoice, awaited: AwaitedPayment | None) -> State:
    if invoice.status is InvoiceStatus.VOID:
        return State.VOID
    if _disputed(session, invoice):
        return State.DISPUTED
    if invoice.balance and invoice.payment_status is not PaymentStatus.PROCESSING:
        if invoice.can_pay and awaited is not None:
            return State.WAITING
        return State.PAYABLE if invoice.can_pay and invoice.issuer.stripe_account else State.UNAVAILABLE
    if not invoice.total:
        return State.SETTLED  # "paid, thank you" would thank for nothing
    match invoice.payment_status:
        case PaymentStatus.PROCESSING:
            return State.PROCESSING
        case PaymentStatus.PAID:
            return State.PAID
        case PaymentStatus.REFUNDED | PaymentStatus.PARTIALLY_REFUNDED:
            return State.REFUNDED
        case PaymentStatus.UNPAID | PaymentStatus.PARTIAL:
            return State.SETTLED
    assert_never(invoice.payment_status)


def _disputed(session: Session, invoice: Invoice) -> bool:
    statement = select(Dispute.dispute_id).where(
        Dispute.invoice_id == invoice.invoice_id, Dispute.state == DisputeState.OPEN
    )
    return session.scalar(statement.limit(1)) is not None


def _payments(session: Session, invoice: Invoice) -> tuple[ReceivedPayment, ...]:
    """Those that paymail has seen or staff have recorded: of the others nobody here knows the day."""
    mine = select(Payment).where(Payment.invoice_id == invoice.invoice_id, Payment.channel != Channel.HOST)
    return tuple(
        ReceivedPayment(
            number=payment.receipt_number,
            receipt=receipt_number(payment),
            day=payment_day(invoice.issuer, payment),
            method=method_of(payment),
            amount=Money(payment.amount, payment.currency),
        )
        for payment in session.scalars(mine.order_by(Payment.payment_id))
    )


def _refunds(session: Session, invoice: Invoice) -> tuple[ReturnedPayment, ...]:
    statement = (
        select(Refund)
        .where(Refund.invoice_id == invoice.invoice_id, Refund.status.in_(IN_FORCE))
        .order_by(Refund.refund_id)
    )
    return tuple(
        ReturnedPayment(
            refund_id=refund.refund_id,
            credit_note=credit_note_number(refund),
            day=local_date(invoice.issuer, refund.created_at),
            amount=Money(refund.amount, refund.currency),
            credited=Money(refund.credited, refund.currency),
            pending=refund.status is RefundStatus.PENDING,
            by_stripe=refund.channel is Channel.STRIPE,
        )
        for refund in session.scalars(statement)
    )
