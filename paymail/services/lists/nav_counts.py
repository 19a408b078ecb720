"""How much waits for a person, by section of the staff pages: what the numbers beside their names say."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, ScalarSelect, func, select
from sqlalchemy.orm import Session

from paymail.models import Invoice, Issuer
from paymail.services.lists import delivery_state, payment_state
from paymail.services.lists.debts import objected, within
from paymail.services.lists.delivery_state import PROBLEMS, Delivery
from paymail.services.lists.payment_state import OWED, PaymentState

_SAYS = (PaymentState.SAYS_PAID, PaymentState.PROMISE_BROKEN, PaymentState.COMPLAINED)


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
    says, broken, spam = (payment_state.stands_as((one,), now) for one in _SAYS)
    trouble = delivery_state.delivered_as(PROBLEMS)
    ours = within(session, company)
    # Each by itself, so that an index answers it, and none twice.
    counted = select(
        _count(*ours, delivery_state.delivered_as((Delivery.NOT_EMAILED,)), Invoice.issuer_id.not_in(hosts)),
        _count(*ours, says) + _count(*ours, broken, ~says),
        _count(*ours, trouble) + _count(*ours, spam, ~trouble),
    )
    mail, words, emails = session.execute(counted).one()
    return Waiting(
        not_emailed=mail,
        customers=words + objected(session, now=now, company=company).count,
        emails=emails,
    )


def _count(*conditions: ColumnElement[bool]) -> ScalarSelect[int]:
    return select(func.count(Invoice.invoice_id)).where(OWED, *conditions).scalar_subquery()
