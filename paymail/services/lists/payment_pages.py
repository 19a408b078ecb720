"""Pages of payments, newest first, each with its invoice, customer and issuer's clock; and what waits."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from paymail.models import Customer, GatewayEvent, GatewayEventState, Invoice, Issuer, Payment
from paymail.services.lists import payment_state
from paymail.services.lists.payment_state import OWED, PaymentState

PAGE = 50


@dataclass(frozen=True, slots=True)
class Arrived:
    """One payment with what a reader needs beside it. `zone` is an IANA name."""

    payment: Payment
    number: str
    customer_id: int
    customer: str
    zone: str


@dataclass(frozen=True, slots=True)
class PaymentPage:
    """One page; `older` is the payment after which the next one begins, None at the end."""

    rows: list[Arrived]
    older: int | None


def payments(session: Session, *, after: int | None = None) -> PaymentPage:
    """Return a page of payments, those older than `after`. One statement."""
    statement = (
        select(Payment, Invoice.number, Customer.customer_id, Customer.name, Issuer.timezone)
        .join(Invoice, Invoice.invoice_id == Payment.invoice_id)
        .join(Customer, Customer.customer_id == Invoice.customer_id)
        .join(Issuer, Issuer.issuer_id == Payment.issuer_id)
        .order_by(Payment.payment_id.desc())
        .limit(PAGE + 1)
    )
    if after is not None:
        statement = statement.where(Payment.payment_id < after)
    rows = [Arrived(*row) for row in session.execute(statement)]
    more = len(rows) > PAGE
    return PaymentPage(rows[:PAGE], rows[PAGE - 1].payment.payment_id if more else None)


def waiting(session: Session, *, now: datetime) -> dict[PaymentState, int]:
    """Return how many invoices have money that a person must look at first, by why. One statement, over what
    is owed."""
    states = (PaymentState.SAYS_PAID, PaymentState.DISPUTED)
    columns = [func.sum(case((payment_state.stands_as((one,), now), 1), else_=0)) for one in states]
    statement = select(*columns).select_from(Invoice).join(Invoice.customer).where(OWED)
    counts = session.execute(statement).one()
    return {one: int(count or 0) for one, count in zip(states, counts, strict=True)}


def events_given_up(session: Session) -> int:
    """Return how many events of Stripe failed too often to be tried again: a payment may be missing."""
    dead = select(func.count()).where(GatewayEvent.state == GatewayEventState.DEAD)
    return session.scalar(dead) or 0
