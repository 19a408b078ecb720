"""Imports as people and programs look at them."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from paymail.errors import NotFound
from paymail.models import (
    Channel,
    Import,
    ImportChange,
    ImportFault,
    Invoice,
    Message,
    MessageKind,
    MessageState,
    Payment,
)

MOST_SHOWN = 100
"""Changes and faults that are listed with an import."""
LONGEST_SHOWN = 200
HIDDEN = ("import_digest", "reminders_from")
"""Kept to put them back; they tell people nothing."""


class NoSuchImport(NotFound):
    """No import has this number."""

    code = "no_such_import"


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One value that an import changed."""

    field: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class ChangeView:
    """What an import changed of one invoice, or of one customer."""

    invoice_id: int | None
    customer_id: int | None
    number: str
    fields: tuple[FieldChange, ...]


@dataclass(frozen=True, slots=True)
class ImportView:
    """An import with what it did, and what has become of it since."""

    found: Import
    changes: tuple[ChangeView, ...]
    """The first MOST_SHOWN, as are the faults."""
    faults: tuple[ImportFault, ...]
    more_changes: int
    """How many changes are not among them, as are the next."""
    more_faults: int
    emailed: int
    """Of the invoices that it made: how many were emailed to their customers since."""
    paid: int
    """How many of them were paid here, in whole or in part."""
    told: int
    """How many customers are told that their invoice is cancelled, which it voided."""


def get(session: Session, *, import_id: int, lock: bool = False) -> Import:
    """Return an import, under its row lock if asked. Raises NoSuchImport."""
    found = session.get(Import, import_id, with_for_update=lock or None, populate_existing=lock)
    if found is None:
        raise NoSuchImport(f"import {import_id} not found")
    return found


def view(session: Session, *, import_id: int) -> ImportView:
    """Return an import with its first changes and faults. Raises NoSuchImport."""
    found = get(session, import_id=import_id)
    changes = select(ImportChange).where(ImportChange.import_id == import_id)
    faults = select(ImportFault).where(ImportFault.import_id == import_id)
    some = session.scalars(changes.order_by(ImportChange.change_id).limit(MOST_SHOWN)).all()
    reasons = session.scalars(faults.order_by(ImportFault.fault_id).limit(MOST_SHOWN)).all()
    return ImportView(
        found=found,
        changes=tuple(_change(one) for one in some),
        faults=tuple(reasons),
        more_changes=_count(session, changes) - len(some),
        more_faults=_count(session, faults) - len(reasons),
        emailed=_made_and(session, import_id, Message.invoice_id, _emailed()),
        paid=_made_and(session, import_id, Payment.invoice_id, _paid_here()),
        told=_told(session, import_id),
    )


def _told(session: Session, import_id: int) -> int:
    """Count by the moment at which it voided them: erasure empties what a change says."""
    voided = select(func.count(Invoice.customer_id.distinct())).where(
        ImportChange.import_id == import_id,
        ImportChange.invoice_id == Invoice.invoice_id,
        ImportChange.changed_at == Invoice.voided_at,
        Message.invoice_id == Invoice.invoice_id,
        Message.kind == MessageKind.VOID,
        Message.state.not_in((MessageState.SUPPRESSED, MessageState.CANCELLED)),
    )
    return session.scalar(voided) or 0


def _emailed() -> Select[Any]:
    handed = select(Message.invoice_id).where(Message.handed_over_at.is_not(None))
    return handed.where(Message.kind == MessageKind.INVOICE)


def _paid_here() -> Select[Any]:
    return select(Payment.invoice_id).where(Payment.channel != Channel.HOST)


def _made_and(
    session: Session, import_id: int, column: InstrumentedAttribute[int], among: Select[Any]
) -> int:
    made = select(Invoice.invoice_id).where(Invoice.import_id == import_id)
    statement = among.where(column.in_(made)).with_only_columns(func.count(column.distinct()))
    return session.scalar(statement) or 0


def _count(session: Session, statement: Select[Any]) -> int:
    return session.scalar(select(func.count()).select_from(statement.subquery())) or 0


def _change(row: ImportChange) -> ChangeView:
    return ChangeView(row.invoice_id, row.customer_id, row.number, tuple(_fields(row.fields)))


def _fields(stored: str) -> Iterator[FieldChange]:
    for field, (before, after) in json.loads(stored or "{}").items():
        if field == "lines":
            yield FieldChange(field, _lines(before), _lines(after))
        elif field not in HIDDEN:
            yield FieldChange(field, _text(before), _text(after))


def _lines(value: list[Any]) -> str:
    return "1 line" if len(value) == 1 else f"{len(value)} lines"


def _text(value: Any) -> str:
    plain = ", ".join(value) if isinstance(value, list) else "" if value is None else str(value)
    return plain if len(plain) <= LONGEST_SHOWN else f"{plain[:LONGEST_SHOWN]}…"
