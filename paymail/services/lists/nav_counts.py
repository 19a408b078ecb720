"""How much waits for a person, by section of the staff pages: what the numbers beside their names say."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from paymail.models import Invoice, Issuer
from paymail.services.lists import delivery_state, payment_state
from paymail.services.lists.debts import objected, within
from paymail.services.lists.delivery_state import PROBLEMS
from paymail.services.lists.owed_counts import beyond, some, unmailed
from paymail.services.lists.payment_state import PaymentState

_SAYS = (PaymentState.SAYS_PAID, PaymentState.PROMISE_BROKEN, PaymentState.COMPLAINED)


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many invoices wait to be emailed, have a customer's word to answer, or an email in trouble: of one
    issuer or of all. None is counted further than `owed_counts` does."""

    not_emailed: int
    more: bool
    """Whether there may be more than `not_emailed`."""
    customers: int
    emails: int


def waiting(session: Session, *, now: datetime, company: tuple[int, ...] = ()) -> Waiting:
    """Count what waits, as Home does. Two statements, over what is owed and the objections."""
    hosts = select(Issuer.issuer_id).where(Issuer.host_mails_invoices)
    says, broken, spam = (payment_state.said_as(one, now) for one in _SAYS)
    trouble = delivery_state.delivered_as(PROBLEMS)
    ours = within(session, company)
    # Each by itself, so that an index answers it, and none twice.
    counted = select(
        unmailed(*ours, Invoice.issuer_id.not_in(hosts)),
        beyond(*ours, Invoice.issuer_id.not_in(hosts)),
        some(*ours, says) + some(*ours, broken, ~says),
        some(*ours, trouble) + some(*ours, spam, ~trouble),
    )
    mail, more, words, emails = session.execute(counted).one()
    return Waiting(
        not_emailed=mail,
        more=bool(more),
        customers=words + objected(session, now=now, company=company).count,
        emails=emails,
    )
