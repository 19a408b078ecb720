"""Lists by cursor, newest first: what a program reads page by page while rows are being added.

The cursor is the last id that was given; unlike a page number it neither skips nor repeats a row.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from sqlalchemy import Select, select
from sqlalchemy.orm import InstrumentedAttribute, Session, contains_eager, joinedload

from paymail.models import Customer, Import, Invoice, Issuer, Message, MessageState, Suppression, in_state
from paymail.services.lists.customer_pages import sought
from paymail.services.lists.filter_conditions import conditions
from paymail.services.lists.invoice_filter import InvoiceFilter

T = TypeVar("T")
AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Slice(Generic[T]):
    """Some rows, and the cursor to go on with; None when there are no more."""

    rows: Sequence[T]
    next: int | None


@dataclass(frozen=True, slots=True)
class MessageFilter:
    """Which messages; empty fields do not filter."""

    state: MessageState | None = None
    kind: str = ""
    invoice_id: int | None = None


def invoices(
    session: Session, *, wanted: InvoiceFilter, now: datetime, limit: int, after: int | None = None
) -> Slice[Invoice]:
    """Return invoices with issuer and customer, as the filter finds them at `now`."""
    statement = (
        select(Invoice)
        .join(Invoice.customer)
        .options(contains_eager(Invoice.customer), joinedload(Invoice.issuer))
    )
    statement = statement.where(*conditions(session, wanted, now=now))
    return _slice(session, statement, Invoice.invoice_id, limit, after)


def every(session: Session, *, wanted: InvoiceFilter, now: datetime, at_once: int = 0) -> Iterator[Invoice]:
    """Yield all that the filter finds, newest first, in the memory of one page. The session forgets each."""
    after = None
    while True:
        found = invoices(session, wanted=wanted, now=now, limit=at_once or AT_ONCE, after=after)
        yield from found.rows
        session.expunge_all()
        if (after := found.next) is None:
            return


def messages(
    session: Session, *, wanted: MessageFilter, limit: int, after: int | None = None
) -> Slice[Message]:
    """Return messages."""
    statement = select(Message)
    if wanted.state is not None:
        statement = statement.where(in_state(wanted.state))
    if wanted.kind:
        statement = statement.where(Message.kind == wanted.kind)
    if wanted.invoice_id is not None:
        statement = statement.where(Message.invoice_id == wanted.invoice_id)
    return _slice(session, statement, Message.message_id, limit, after)


def suppressions(
    session: Session, *, lifted: bool, limit: int, after: int | None = None
) -> Slice[Suppression]:
    """Return suppressions in force; with `lifted` the ended ones too."""
    statement = select(Suppression)
    if not lifted:
        statement = statement.where(Suppression.lifted_at.is_(None))
    return _slice(session, statement, Suppression.suppression_id, limit, after)


def imports(
    session: Session, *, issuer_id: int | None, limit: int, after: int | None = None
) -> Slice[Import]:
    """Return imports, of one issuer or of all."""
    statement = select(Import)
    if issuer_id is not None:
        statement = statement.where(Import.issuer_id == issuer_id)
    return _slice(session, statement, Import.import_id, limit, after)


def issuers(session: Session, *, limit: int, after: int | None = None) -> Slice[Issuer]:
    """Return issuers."""
    return _slice(session, select(Issuer), Issuer.issuer_id, limit, after)


def customers(
    session: Session, *, issuer_id: int | None, find: str, limit: int, after: int | None = None
) -> Slice[Customer]:
    """Return customers, of one issuer or of all, as staff's list finds them; none of the merged."""
    statement = select(Customer).where(Customer.merged_into.is_(None))
    if issuer_id is not None:
        statement = statement.where(Customer.issuer_id == issuer_id)
    if find:
        statement = statement.where(sought(find))
    return _slice(session, statement, Customer.customer_id, limit, after)


def _slice(
    session: Session,
    statement: Select[T],
    key: InstrumentedAttribute[int],
    limit: int,
    after: int | None,
) -> Slice[T]:
    if after is not None:
        statement = statement.where(key < after)
    found: list[Any] = list(session.scalars(statement.order_by(key.desc()).limit(limit + 1)))
    rows = found[:limit]
    return Slice(rows, getattr(rows[-1], key.key) if len(found) > limit else None)
