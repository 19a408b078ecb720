"""The list of invoices page by page, in any order that it is shown in, with the sums of the whole result.

A page is found by the invoice that the last one ended with, not by its number: the thousandth page costs what
the first does, and rows that are added meanwhile neither hide nor repeat one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Select, case, func, literal, literal_column, select, tuple_
from sqlalchemy.orm import Session, contains_eager, joinedload

from paymail.models import Customer, Invoice
from paymail.services.lists import keyset
from paymail.services.lists.filter_conditions import conditions
from paymail.services.lists.invoice_filter import BadFilter, InvoiceFilter
from paymail.services.lists.payment_state import OWED

SIZES = (25, 50, 100)
BALANCE = case((OWED, Invoice.shortfall), else_=literal_column("0", BigInteger()))
"""What is owed of an invoice, in SQL. Written out, so that PostgreSQL sees that `ix_invoices_balance` is
meant."""


class Order(StrEnum):
    """What a list is sorted by; then by id."""

    NUMBER = "number"
    """As they came here, which is the host's order: numbers are any text."""
    CUSTOMER = "customer"
    ISSUED = "issued"
    DUE = "due"
    BALANCE = "balance"
    TOTAL = "total"


_KEYS: dict[Order, ColumnElement[Any]] = {
    Order.CUSTOMER: func.lower(Customer.name),
    Order.ISSUED: Invoice.issued_date,  # type: ignore[dict-item]
    Order.DUE: Invoice.due_date,  # type: ignore[dict-item]
    Order.BALANCE: BALANCE,
    Order.TOTAL: Invoice.total,  # type: ignore[dict-item]
}


@dataclass(frozen=True, slots=True)
class Sorting:
    """An order, and whether the largest comes first."""

    order: Order = Order.NUMBER
    down: bool = True

    @property
    def text(self) -> str:
        """As it stands in an address: `-number`."""
        return f"-{self.order}" if self.down else str(self.order)


NEWEST_FIRST = Sorting()


def sorting_of(text: str) -> Sorting:
    """Read an order; empty is the newest first. Raises BadFilter."""
    if not text:
        return NEWEST_FIRST
    word = text.removeprefix("-")
    if word not in set(Order):
        raise BadFilter(f"sort: {text[:40]!r} is none of {', '.join(Order)}, each with or without '-'")
    return Sorting(Order(word), text.startswith("-"))


@dataclass(frozen=True, slots=True)
class Page:
    """Some invoices with issuer and customer. `older` and `newer`: the ids to go on from, or None."""

    rows: Sequence[Invoice]
    newer: int | None
    older: int | None


@dataclass(frozen=True, slots=True)
class CurrencySum:
    """All invoices of a result in one currency. In minor units."""

    currency: str
    count: int
    balance: int
    total: int


def page(
    session: Session,
    *,
    wanted: InvoiceFilter,
    now: datetime,
    sorting: Sorting = NEWEST_FIRST,
    size: int = SIZES[0],
    after: int | None = None,
    before: int | None = None,
) -> Page:
    """Return the page that follows the invoice `after`, or comes before `before`; else the first.

    Two statements, one without either of them, beside those of the filter.
    """
    anchor = before if before is not None else after
    back = before is not None
    statement = _matching(session, wanted, now)
    if anchor is not None and (bound := _beyond(session, sorting, anchor, back=back)) is not None:
        statement = statement.where(bound)
    else:
        anchor, back = None, False
    key, down = _KEYS.get(sorting.order), sorting.down is not back
    columns = [Invoice.invoice_id] if key is None else [key, Invoice.invoice_id]
    rows, has_newer, has_older = keyset.rows_of(
        session, statement, columns=columns, down=down, size=size, anchored=anchor is not None, back=back
    )
    return Page(
        rows,
        rows[0].invoice_id if rows and has_newer else None,
        rows[-1].invoice_id if rows and has_older else None,
    )


def sums(
    session: Session, *, wanted: InvoiceFilter, now: datetime, most: int | None = None
) -> list[CurrencySum]:
    """Return the sums of all that the filter finds, per currency: they are never added up. One statement.

    With `most` it stops at one invoice more than that; the sums are then of any so many.
    """
    which = select(Invoice.invoice_id).where(*conditions(session, wanted, now=now))
    if wanted.delivery and most is not None:
        # Else PostgreSQL, not seeing that most emails are the newest of theirs, begins with all of them.
        which = which.order_by(Invoice.invoice_id.desc())
    each = select(Invoice.currency, BALANCE.label("balance"), Invoice.total.label("total"))
    if most is None:
        each = each.where(*conditions(session, wanted, now=now))
    else:
        # First which ones, by an index: else each that is passed over is read from the table.
        each = each.where(Invoice.invoice_id.in_(select(which.limit(most + 1).subquery().c.invoice_id)))
    all_ = each.subquery()
    statement = select(
        all_.c.currency, func.count(), func.sum(all_.c.balance), func.sum(all_.c.total)
    ).group_by(all_.c.currency)
    found = [
        CurrencySum(one, count, int(owed), int(all_)) for one, count, owed, all_ in session.execute(statement)
    ]
    return sorted(found, key=lambda one: (-one.count, one.currency))


def count(session: Session, *, wanted: InvoiceFilter, now: datetime) -> int:
    """Return how many invoices the filter finds. One statement beside those of the filter."""
    found = select(func.count(Invoice.invoice_id)).where(*conditions(session, wanted, now=now))
    return session.scalar(found) or 0


def _matching(session: Session, wanted: InvoiceFilter, now: datetime) -> Select[Invoice]:
    return (
        select(Invoice)
        .join(Invoice.customer)
        .options(contains_eager(Invoice.customer), joinedload(Invoice.issuer))
        .where(*conditions(session, wanted, now=now))
    )


def _beyond(session: Session, sorting: Sorting, anchor: int, *, back: bool) -> ColumnElement[bool] | None:
    """Return the condition for what comes after the anchor, or before it; None when it is gone."""
    key, own = _KEYS.get(sorting.order), Invoice.invoice_id
    down = sorting.down is not back
    if key is None:
        return own < anchor if down else own > anchor
    statement = select(key).select_from(Invoice).join(Invoice.customer).where(own == anchor)
    found = session.execute(statement).one_or_none()
    if found is None:
        return None
    value = found[0]
    # As one comparison of two pairs, which an index of both answers.
    here, there = tuple_(key, own), tuple_(literal(value, key.type), literal(anchor, own.type))
    return here < there if down else here > there
