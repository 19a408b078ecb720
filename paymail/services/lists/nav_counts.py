"""How much waits for a person, by section of the staff pages: what the numbers beside their names say."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, case, func, or_, select
from sqlalchemy.orm import Session

from paymail.models import Invoice, Issuer
from paymail.services.lists import delivery_state, payment_state
from paymail.services.lists.debts import objected
from paymail.services.lists.delivery_state import PROBLEMS, Delivery
from paymail.services.lists.payment_state import OWED, PaymentState

_SAYS = (PaymentState.SAYS_PAID, PaymentState.PROMISE_BROKEN)


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many invoices wait to be emailed, have a customer's word to answer, or an email in trouble: of one
    issuer or of all."""

    not_emailed: int
    customers: int
    emails: int


def waiting(session: Session, *, now: datetime, company: tuple[int, ...] = ()) -> Waiting:
    """Count what waits, as Home does. Two statements, over what is owed and the objections."""
    hosts = select(Issuer.issuer_id).where(Issuer.host_mails_invoices)
    unmailed = delivery_state.delivered_as((Delivery.NOT_EMAILED,)) & Invoice.issuer_id.not_in(hosts)
    says = payment_state.stands_as(_SAYS, now)
    spam = payment_state.stands_as((PaymentState.COMPLAINED,), now)
    trouble = or_(delivery_state.delivered_as(PROBLEMS), spam)
    statement = select(*(_count(one) for one in (unmailed, says, trouble))).select_from(Invoice)
    statement = statement.join(Invoice.customer).where(OWED)
    if company:
        statement = statement.where(Invoice.issuer_id.in_(company))
    mail, words, emails = (int(count or 0) for count in session.execute(statement).one())
    return Waiting(
        not_emailed=mail,
        customers=words + objected(session, now=now, company=company).count,
        emails=emails,
    )


def _count(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.sum(case((condition, 1), else_=0))
