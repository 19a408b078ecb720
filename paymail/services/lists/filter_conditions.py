"""What a statement must meet for a filter, on SQLite and PostgreSQL."""

from collections.abc import Iterator
from datetime import datetime
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from sqlalchemy import ColumnElement, and_, or_, select, true
from sqlalchemy.orm import Session

from paymail.models import Drift, Invoice
from paymail.services.access.visible import seen_issuers
from paymail.services.lists import delivery_state, overdue_age, payment_state
from paymail.services.lists.invoice_filter import InvoiceFilter
from paymail.services.lists.invoice_text import DECIMALS, found, named

_LARGEST = Decimal(2**62)
MOST_DRIFTS = 500


def conditions(session: Session, wanted: InvoiceFilter, *, now: datetime) -> Iterator[ColumnElement[bool]]:
    """Yield what a statement over invoices must meet at `now` (UTC).

    One statement asks the issuers' clocks if ages are asked for, one the drifts if they are, and one which
    customers have a name that is sought.
    """
    if (seen := seen_issuers(session)) is not None:
        yield Invoice.issuer_id.in_(sorted(seen))
    yield from _equal(wanted)
    yield from _between(wanted)
    if wanted.q:
        yield found(session, wanted.q)
    if wanted.customer.isdecimal():
        yield Invoice.customer_id == min(int(wanted.customer[:20]), 2**63 - 1)
    elif wanted.customer:
        yield named(session, wanted.customer)
    if wanted.delivery:
        yield delivery_state.delivered_as(wanted.delivery)
    if wanted.payment:
        yield payment_state.stands_as(wanted.payment, now)
    if wanted.overdue:
        yield overdue_age.overdue_for(wanted.overdue, overdue_age.today_of(session, now))
    if wanted.stripe:
        yield Invoice.invoice_id.in_(differing(session))


def differing(session: Session) -> list[int]:
    """Return the invoices that open drifts name; the refs of what is none of ours are any text."""
    refs = session.scalars(select(Drift.invoice_ref).where(Drift.gone_at.is_(None)).limit(MOST_DRIFTS))
    numbers = (int(ref) for ref in refs if ref.isascii() and ref.isdecimal())
    return sorted({number for number in numbers if number < 2**63})


def _equal(wanted: InvoiceFilter) -> Iterator[ColumnElement[bool]]:
    for column, value in (
        (Invoice.import_id, wanted.batch),
        (Invoice.status, wanted.status),
        (Invoice.payment_status, wanted.payment_status),
        (Invoice.currency, wanted.currency or None),
    ):
        if value is not None:
            yield column == value
    if wanted.company:
        yield Invoice.issuer_id.in_(wanted.company)
    if wanted.invoice:
        yield Invoice.invoice_id.in_(wanted.invoice)


def _between(wanted: InvoiceFilter) -> Iterator[ColumnElement[bool]]:
    for column, least, most in (
        (Invoice.issued_date, wanted.issued_from, wanted.issued_to),
        (Invoice.due_date, wanted.due_from, wanted.due_to),
    ):
        if least is not None:
            yield column >= least
        if most is not None:
            yield column <= most
    if wanted.amount_from is not None or wanted.amount_to is not None:
        yield or_(*(_amount(wanted, decimals) for decimals in DECIMALS))


def _amount(wanted: InvoiceFilter, decimals: int) -> ColumnElement[bool]:
    rest = (*DECIMALS[0], *DECIMALS[3])
    one = Invoice.currency.not_in(rest) if decimals == 2 else Invoice.currency.in_(DECIMALS[decimals])
    bounds: list[ColumnElement[bool]] = [one]
    if wanted.amount_from is not None:
        bounds.append(Invoice.total >= _minor(wanted.amount_from, decimals, ROUND_CEILING))
    if wanted.amount_to is not None:
        bounds.append(Invoice.total <= _minor(wanted.amount_to, decimals, ROUND_FLOOR))
    return and_(true(), *bounds)


def _minor(amount: Decimal, decimals: int, rounding: str) -> int:
    scaled = max(-_LARGEST, min(_LARGEST, amount.scaleb(decimals)))
    return int(scaled.to_integral_value(rounding=rounding))
