"""The record of an import: its number and counts, what it changed, and what it left out.

It is written in the transaction of each chunk, so that a crash leaves what is true. An import that writes and
refuses nothing leaves none: the same file every night does not fill the list.
"""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import insert, update
from sqlalchemy.orm import Session

from paymail.errors import Conflict
from paymail.models import Customer, Import, ImportChange, ImportFault, Invoice
from paymail.services.imports.comparison import Difference
from paymail.services.imports.faults import Fault, Result, hidden
from paymail.services.imports.snapshots import BOOKKEEPING, Values, changed, customer_values, invoice_values
from paymail.services.imports.sources import Refused

MOST_FAULTS_KEPT = 1_000
"""Of one import."""
LONGEST_REASON = 500
LONGEST_SOURCE = 120


class TakenBackMeanwhile(Conflict):
    """Somebody took the import back while it ran; it stops there."""

    code = "import_taken_back"


@dataclass(frozen=True, slots=True)
class Committed:
    """How far the record of an import is written."""

    import_id: int | None = None
    """None: there was nothing to record yet."""
    counted: Counter[str] = field(default_factory=Counter)
    """Results by what became of the invoice."""
    faults: int = 0


@dataclass(slots=True)
class ImportRecord:
    """An import under way. `written` moves on when a chunk is committed."""

    issuer_id: int
    source: str | None
    """None: nothing is written of it."""
    actor: str
    started_at: datetime
    written: Committed = field(default_factory=Committed)

    def finish(self, session: Session, unread: Sequence[Fault], now: datetime) -> None:
        """Note that it came to its end; `unread` are faults of what could not be read as an invoice."""
        chunk = ChunkRecord(session, self)
        if unread:
            chunk.end([], [Refused(tuple(unread))], now)
        if chunk.import_id is not None:
            session.execute(update(Import).where(Import.import_id == chunk.import_id).values(finished_at=now))
        self.written = chunk.reached


class ChunkRecord:
    """What one chunk adds to the record of its import, in its transaction."""

    def __init__(self, session: Session, record: ImportRecord) -> None:
        self._session, self._record = session, record
        self.import_id = record.written.import_id
        self.reached = record.written
        self._invoices: dict[int, tuple[Invoice, Values]] = {}
        self._customers: dict[int, tuple[Customer, Values]] = {}

    def begin(self) -> int | None:
        """Return the import's number, which is given now if it has none; None for what is no import."""
        record = self._record
        if self.import_id is None and record.source is not None:
            made = Import(
                issuer_id=record.issuer_id,
                source=record.source,
                actor=record.actor,
                started_at=record.started_at,
            )
            self._session.add(made)
            self._session.flush()
            self.import_id = made.import_id
        return self.import_id

    def look_at(self, invoice: Invoice, found: Difference) -> None:
        """Remember what a known invoice is before what is `found` is taken over; under its lock."""
        if found.changes and invoice.invoice_id not in self._invoices:
            self._invoices[invoice.invoice_id] = invoice, invoice_values(invoice)

    def look_at_customer(self, customer: Customer) -> None:
        """Remember what a customer is before it changes, unless this very import made it."""
        made_by_it = self.import_id is not None and customer.import_id == self.import_id
        if not made_by_it and customer.customer_id not in self._customers:
            self._customers[customer.customer_id] = customer, customer_values(customer)

    def end(self, results: Sequence[Result], refused: Sequence[Refused], now: datetime) -> None:
        """Write what has changed since it was looked at, what stays out, and the counts.

        Raises TakenBackMeanwhile.
        """
        counted = self._record.written.counted + Counter(result.what for result in results)
        changes = self._changes(now)
        news = changes or refused or set(counted) - {"unchanged"}
        if news and (import_id := self.begin()) is not None:
            if changes:
                self._session.execute(
                    insert(ImportChange), [one | {"import_id": import_id} for one in changes]
                )
            kept = self._keep(import_id, refused)
            self._count(import_id, counted)
            self.reached = Committed(import_id, counted, self._record.written.faults + kept)
        else:
            self.reached = Committed(None, counted)

    def _changes(self, now: datetime) -> list[dict[str, object]]:
        found: list[dict[str, object]] = []
        empty = {"invoice_id": None, "customer_id": None, "number": "", "changed_at": now}
        for customer, before in self._customers.values():
            if change := changed(before, customer_values(customer)):
                whose = {"customer_id": customer.customer_id, "fields": json.dumps(change)}
                found.append(empty | whose)
        for invoice, before in self._invoices.values():
            change = changed(before, invoice_values(invoice))
            if change.keys() - set(BOOKKEEPING) or "import_digest" in change:
                of = {"invoice_id": invoice.invoice_id, "number": invoice.number}
                found.append(empty | of | {"fields": json.dumps(change)})
        return found

    def _keep(self, import_id: int, refused: Sequence[Refused]) -> int:
        faults = [
            {
                "import_id": import_id,
                "number": one.number[:60],
                "line": fault.line,
                "field": hidden(fault.column)[:60],
                "reason": hidden(fault.reason)[:LONGEST_REASON],
            }
            for one in refused
            for fault in one.faults
        ][: max(MOST_FAULTS_KEPT - self._record.written.faults, 0)]
        if faults:
            self._session.execute(insert(ImportFault), faults)
        return len(faults)

    def _count(self, import_id: int, counted: Counter[str]) -> None:
        counts = {what: counted[what] for what in ("created", "updated", "unchanged", "refused")}
        mine = update(Import).where(Import.import_id == import_id, Import.taken_back_at.is_(None))
        if self._session.scalar(mine.values(**counts).returning(Import.import_id)) is None:
            raise TakenBackMeanwhile(f"import {import_id} was taken back while it was running")


def source_name(text: str) -> str:
    """Return the name of a file without its folders and what a terminal would obey, short enough to keep."""
    name = text.replace("\\", "/").rstrip("/").rpartition("/")[2]
    plain = "".join(letter for letter in name if letter.isprintable()).strip()
    return hidden(plain)[:LONGEST_SOURCE]
