"""What a filter finds, per issuer: acts on many invoices are counted by company before they begin."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from paymail.models import Invoice, Issuer
from paymail.services.lists.filter_conditions import conditions
from paymail.services.lists.invoice_filter import InvoiceFilter
from paymail.services.lists.invoice_pages import BALANCE, CurrencySum

FIRST_ROWS = 20


@dataclass(frozen=True, slots=True)
class IssuerSums:
    """What of a filter is one issuer's."""

    issuer: Issuer
    count: int
    sums: tuple[CurrencySum, ...]


def by_issuer(session: Session, *, wanted: InvoiceFilter, now: datetime, after: int = 0) -> list[IssuerSums]:
    """Return what the filter finds above the id `after` of each issuer, by name. Two statements."""
    statement = (
        select(Invoice.issuer_id, Invoice.currency, func.count(), func.sum(BALANCE), func.sum(Invoice.total))
        .where(*conditions(session, wanted, now=now), Invoice.invoice_id > after)
        .group_by(Invoice.issuer_id, Invoice.currency)
    )
    found: defaultdict[int, list[CurrencySum]] = defaultdict(list)
    for issuer_id, currency, count, balance, total in session.execute(statement):
        found[issuer_id].append(CurrencySum(currency, count, int(balance), int(total)))
    issuers = session.scalars(select(Issuer).where(Issuer.issuer_id.in_(found)).order_by(Issuer.name))
    return [_sums(one, found[one.issuer_id]) for one in issuers]


def _sums(issuer: Issuer, sums: list[CurrencySum]) -> IssuerSums:
    ordered = tuple(sorted(sums, key=lambda one: one.currency))
    return IssuerSums(issuer, sum(one.count for one in sums), ordered)


def first_of(session: Session, *, wanted: InvoiceFilter, now: datetime, after: int = 0) -> list[Invoice]:
    """Return the first that the filter finds above the id `after`, with their customers."""
    statement = select(Invoice).where(*conditions(session, wanted, now=now))
    statement = statement.where(Invoice.invoice_id > after)
    rows = statement.options(joinedload(Invoice.customer)).order_by(Invoice.invoice_id)
    return list(session.scalars(rows.limit(FIRST_ROWS)))


def ids_of(session: Session, *, wanted: InvoiceFilter, now: datetime, after: int = 0) -> list[int]:
    """Return the ids of all that the filter finds above `after`, in their order."""
    statement = select(Invoice.invoice_id).where(*conditions(session, wanted, now=now))
    return list(session.scalars(statement.where(Invoice.invoice_id > after).order_by(Invoice.invoice_id)))
