"""The list of customers page by page, by name or by what they owe in one currency."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, Subquery, func, literal, or_, select, tuple_
from sqlalchemy.orm import Session

from paymail.models import Contact, Customer, Invoice
from paymail.services.lists import keyset
from paymail.services.lists.invoice_filter import BadFilter
from paymail.services.lists.payment_state import OWED

SIZES = (25, 50, 100)
LONGEST_TEXT = 200
AT_ONCE = 200
_ACCOUNT = re.compile(r"[cC#]0*([1-9][0-9]{0,17})", re.ASCII)
"""As statements name a customer: C00008."""


class Order(StrEnum):
    """What a list is sorted by; then by id."""

    NAME = "name"
    BALANCE = "balance"
    """Of what is owed in one currency: they are never added up."""


@dataclass(frozen=True, slots=True)
class CustomerFilter:
    """Which customers; empty fields do not filter. None that were merged into another."""

    q: str = ""
    """Part of a name, an address, a billing address, an id in the host's system or a tax id."""
    company: int | None = None
    owes: bool = False
    """Only who owes something."""


@dataclass(frozen=True, slots=True)
class Sorting:
    """An order, and whether the largest comes first; `currency` is the one of balances."""

    order: Order = Order.NAME
    down: bool = False
    currency: str = "AUD"

    @property
    def text(self) -> str:
        """As it stands in an address: `-balance`."""
        return f"-{self.order}" if self.down else str(self.order)


@dataclass(frozen=True, slots=True)
class CustomerPage:
    """Some customers. `older` and `newer`: the ids to go on from, or None."""

    rows: Sequence[Customer]
    newer: int | None
    older: int | None


def sorting_of(text: str, currency: str) -> Sorting:
    """Read an order; empty is by name. Raises BadFilter."""
    word = text.removeprefix("-") or Order.NAME
    if word not in set(Order):
        raise BadFilter(f"sort: {text[:40]!r} is none of {', '.join(Order)}, each with or without '-'")
    return Sorting(Order(word), text.startswith("-"), currency)


def page(
    session: Session,
    *,
    wanted: CustomerFilter,
    sorting: Sorting,
    size: int = SIZES[0],
    after: int | None = None,
    before: int | None = None,
) -> CustomerPage:
    """Return the page that follows the customer `after`, or comes before `before`; else the first.

    Two statements, one without either of them.
    """
    anchor = before if before is not None else after
    back = before is not None
    key, ordered = _ordered(sorting)
    statement = ordered.where(*conditions(wanted))
    bound = None
    if anchor is not None:
        bound = _beyond(session, anchor, key, ordered, down=sorting.down is not back)
    if bound is not None:
        statement = statement.where(bound)
    else:
        anchor, back = None, False
    down = sorting.down is not back
    rows, has_newer, has_older = keyset.rows_of(
        session,
        statement,
        columns=(key, Customer.customer_id),
        down=down,
        size=size,
        anchored=anchor is not None,
        back=back,
    )
    return CustomerPage(
        rows,
        rows[0].customer_id if rows and has_newer else None,
        rows[-1].customer_id if rows and has_older else None,
    )


def count(session: Session, *, wanted: CustomerFilter) -> int:
    """Return how many customers there are. One statement."""
    return session.scalar(select(func.count()).select_from(Customer).where(*conditions(wanted))) or 0


def every(session: Session, *, wanted: CustomerFilter) -> Iterator[Sequence[Customer]]:
    """Yield all customers, oldest first, some at once; the session forgets each lot after its turn."""
    after = 0
    while True:
        statement = select(Customer).where(*conditions(wanted), Customer.customer_id > after)
        rows = session.scalars(statement.order_by(Customer.customer_id).limit(AT_ONCE)).all()
        if not rows:
            return
        after = rows[-1].customer_id
        yield rows
        session.expunge_all()


def conditions(wanted: CustomerFilter) -> Iterator[ColumnElement[bool]]:
    """Yield what a statement over customers must meet."""
    yield Customer.merged_into.is_(None)
    if wanted.company is not None:
        yield Customer.issuer_id == wanted.company
    if wanted.q:
        yield sought(wanted.q)
    if wanted.owes:
        yield Customer.customer_id.in_(select(Invoice.customer_id).where(OWED))


def sought(find: str) -> ColumnElement[bool]:
    """Return the condition that a customer is what a person looks for, taken literally."""
    columns = (Customer.name, Customer.email, Customer.address, Customer.external_ref)
    parts = [column.icontains(find, autoescape=True) for column in columns]
    # Tax ids are written in groups, and typed as they are printed elsewhere.
    parts.append(func.replace(Customer.tax_id, " ", "").icontains(find.replace(" ", ""), autoescape=True))
    copied = select(Contact.customer_id).where(Contact.email.icontains(find, autoescape=True))
    parts.append(Customer.customer_id.in_(copied))
    if account := _ACCOUNT.fullmatch(find.strip()):
        parts.append(Customer.customer_id == int(account[1]))
    return or_(*parts)


def _owed_in(currency: str) -> Subquery:
    """Return what each customer owes in a currency; who owes nothing in it is left out."""
    return (
        select(Invoice.customer_id, func.sum(Invoice.shortfall).label("owed"))
        .where(OWED, Invoice.currency == currency)
        .group_by(Invoice.customer_id)
        .subquery()
    )


def _ordered(sorting: Sorting) -> tuple[ColumnElement[Any], Select[Any]]:
    """Return what the list is sorted by, and a statement over customers that has it."""
    if sorting.order is Order.NAME:
        return func.lower(Customer.name), select(Customer)
    owed = _owed_in(sorting.currency)
    joined = select(Customer).outerjoin(owed, owed.c.customer_id == Customer.customer_id)
    return func.coalesce(owed.c.owed, 0), joined


def _beyond(
    session: Session, anchor: int, key: ColumnElement[Any], statement: Select[Any], *, down: bool
) -> ColumnElement[bool] | None:
    """Return the condition for what comes after the anchor; None when it is gone."""
    own = Customer.customer_id
    found = session.execute(statement.with_only_columns(key).where(own == anchor)).one_or_none()
    if found is None:
        return None
    value = found[0]
    # As one comparison of two pairs, which an index of both answers.
    here, there = tuple_(key, own), tuple_(literal(value, key.type), literal(anchor, own.type))
    return here < there if down else here > there
