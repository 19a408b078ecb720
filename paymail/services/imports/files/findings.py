"""What the check of a file found: counted whole, listed as far as people read, with a digest of all of it."""

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field

from paymail.services.imports.chunks import Chunk
from paymail.services.imports.faults import Fault, Report, Result, hidden
from paymail.services.imports.pairs import Pair

MOST_LISTED = 2_000
"""New, changed and refused invoices, each; all are counted."""
LONGEST = 200


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the file: its header, one of our columns or empty, and its first values."""

    name: str
    means: str
    samples: tuple[str, ...]
    whole: bool = True
    """Whether `name` is all of the header."""


@dataclass(frozen=True, slots=True)
class NewInvoice:
    """An invoice that would be created; `total` in minor units."""

    line: int
    number: str
    customer: str
    issued: str
    due: str
    total: int
    currency: str


@dataclass(frozen=True, slots=True)
class ChangedInvoice:
    """An invoice that is known: of each field its name in the file, what it is and what it would be."""

    line: int
    number: str
    customer: str
    fields: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True)
class RefusedField:
    """One reason why an invoice would stay out."""

    line: int
    number: str
    column: str
    reason: str


@dataclass(slots=True)
class Findings:
    """All of it; of a file that cannot be read only `faults`, `columns` and how far it was read."""

    encoding: str = ""
    separator: str = ""
    decimal_mark: str = ""
    profile: str = ""
    columns: tuple[Column, ...] = ()
    more_columns: int = 0
    """How many columns the file has beside those."""
    faults: tuple[Fault, ...] = ()
    """Why the file as a whole cannot be read."""
    invoices: int = 0
    rows: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    refused: int = 0
    notes: tuple[str, ...] = ()
    kept: tuple[Fault, ...] = ()
    sums: dict[str, int] = field(default_factory=dict)
    """Totals of the new invoices by currency, in minor units."""
    fields: dict[str, int] = field(default_factory=dict)
    """Of how many invoices each field would change."""
    told: int = 0
    """How many customers are told that their invoice is cancelled."""
    loose_rows: int = 0
    """Rows that cannot be read, of no invoice that is counted."""
    reasons: int = 0
    """Why something stays out: all of them, of which `left_out` lists the first."""
    new: list[NewInvoice] = field(default_factory=list)
    changed: list[ChangedInvoice] = field(default_factory=list)
    left_out: list[RefusedField] = field(default_factory=list)
    digest: str = ""
    again: bool = False
    """Whether it is shown once more, since another difference had been confirmed."""

    def text(self) -> str:
        """Return it as it is kept."""
        return json.dumps(asdict(self))

    @classmethod
    def of(cls, text: str) -> "Findings":
        """Return what is kept; nothing of an empty text."""
        given = json.loads(text or "{}")
        lists = {
            "columns": Column,
            "faults": Fault,
            "kept": Fault,
            "new": NewInvoice,
            "changed": ChangedInvoice,
            "left_out": RefusedField,
        }
        for name, kind in lists.items():
            given[name] = [kind(**one) for one in given.get(name, [])]
        return cls(**given)


class Gathered:
    """Grows chunk by chunk while a file is compared."""

    def __init__(self) -> None:
        self.found = Findings()
        self._digest = hashlib.sha256()
        self._sums: Counter[str] = Counter()
        self._fields: Counter[str] = Counter()
        self._told: set[int] = set()

    def look(self, chunk: Chunk) -> None:
        """Take a chunk into account."""
        for result, pair in chunk.concluded:
            if result.what == "created":
                self._new(result, pair)
            elif result.what == "updated":
                self._changed(result, pair)
        self._told |= chunk.told
        for one in chunk.refused:
            self.refuse(one.number, one.faults)

    def _new(self, result: Result, pair: Pair) -> None:
        host = pair.host
        self._sums[host.currency] += host.total
        one = NewInvoice(
            line=result.line,
            number=host.number,
            customer=_shown(host.customer_name),
            issued=host.issued.isoformat(),
            due=host.due.isoformat(),
            total=host.total,
            currency=host.currency,
        )
        self._note(self.found.new, one, host.digest, host.customer_email)

    def _changed(self, result: Result, pair: Pair) -> None:
        changes = pair.difference.changes
        fields = tuple((name, _shown(changes[name][0]), _shown(changes[name][1])) for name in result.fields)
        self._fields.update(result.fields)
        one = ChangedInvoice(result.line, result.number, _shown(pair.host.customer_name), fields)
        whole = [text for name in result.fields for text in changes[name]]
        self._note(self.found.changed, one, pair.host.digest, *whole)

    def refuse(self, number: str, faults: Sequence[Fault]) -> None:
        """Note why an invoice, or a row that belongs to none, stays out."""
        for fault in faults:
            one = RefusedField(fault.line, _shown(number), _shown(fault.column), _shown(fault.reason, 500))
            self._note(self.found.left_out, one)
        self.found.reasons += len(faults)

    def _note(self, listed: list, one: object, *more: str) -> None:  # type: ignore[type-arg]
        self._digest.update(json.dumps([asdict(one), more], sort_keys=True).encode())  # type: ignore[call-overload]
        if len(listed) < MOST_LISTED:
            listed.append(one)

    def end(self, report: Report) -> Findings:
        """Return all of it, in the order of the file."""
        found = self.found
        found.invoices, found.rows = report.invoices, report.rows
        found.created, found.updated = report.created, report.updated
        found.unchanged, found.refused = report.unchanged, report.skipped
        found.notes = tuple(_shown(note, 500) for note in report.notes)
        found.kept = tuple(
            Fault(one.line, _shown(one.column), _shown(one.reason, 500)) for one in report.kept[:MOST_LISTED]
        )
        found.sums, found.fields = dict(self._sums), dict(self._fields)
        found.left_out.sort(key=lambda one: (one.line, one.column))
        found.told = len(self._told)
        counts = (found.created, found.updated, found.unchanged, found.refused, *sorted(self._told))
        self._digest.update(json.dumps([counts, [asdict(one) for one in report.kept]]).encode())
        found.digest = self._digest.hexdigest()
        return found


def _shown(text: str, longest: int = LONGEST) -> str:
    return hidden(text)[:longest]
