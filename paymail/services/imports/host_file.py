"""A host's file: looked at once as a whole, then read invoice by invoice in bounded memory."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import BinaryIO

from paymail.services.imports import numbers, row_spool
from paymail.services.imports.faults import MOST_FAULTS, Fault, ImportRefused, shown
from paymail.services.imports.fields import Format, Row
from paymail.services.imports.invoice_check import HostInvoice
from paymail.services.imports.namesakes import Namesakes
from paymail.services.imports.numbers import DecimalMark
from paymail.services.imports.optional_fields import invoice_key
from paymail.services.imports.rows import Layout, Unreadable, find_layout, read_rows
from paymail.services.imports.sources import Refused, check, refused

MONEY = ("subtotal", "tax_amount", "total", "amount_paid", "unit_price", "line_amount")
"""The columns that prove a file's decimal mark."""
MOST_ROWS = 10_000
"""Of one invoice: they are checked together, in memory."""


@dataclass(frozen=True, slots=True)
class HostFile:
    """A file whose columns are known; `rows` and `invoices` were counted, nothing else is checked yet."""

    file: BinaryIO
    layout: Layout
    format: Format
    rows: int
    invoices: int
    scattered: bool
    """Whether rows of one invoice stand apart from each other."""
    faults: tuple[Fault, ...]
    """Rows that could not be read."""
    torn: Mapping[str, int]
    """The invoices that such a row belongs to, by key, with its line: they stay out."""
    last_line: int
    namesakes: Namesakes
    """The names of its customers: to which of them it gives more than one address, and which invoices."""

    @property
    def notes(self) -> tuple[str, ...]:
        """How the file was read where that may surprise, for people."""
        header = self.layout.header
        found = [self.layout.note]
        if header.ignored:
            names = ", ".join(map(shown, header.ignored[:20]))
            found.append(f"columns that are not read: {names}")
        if self.format.mark is DecimalMark.COMMA:
            found.append("a comma was read as the decimal mark")
        return tuple(note for note in found if note)

    def checked(self) -> Iterator[HostInvoice | Refused]:
        """Yield each invoice in the order of its first row."""
        for rows in self._groups():
            torn = self._torn(rows)
            yield refused(rows, torn) if torn else check(rows, self.format, self.namesakes)

    def _torn(self, rows: list[tuple[int, Row]]) -> list[Fault]:
        """Return why an invoice cannot be checked at all: some of its rows are not here."""
        at, first = rows[0]
        if len(rows) > MOST_ROWS:
            return [Fault(at, "", f"this invoice has more than {MOST_ROWS:,} rows")]
        if line := self.torn.get(_key(first)):
            return [Fault(at, "", f"this invoice stays out: line {line} cannot be read")]
        return []

    def _groups(self) -> Iterator[list[tuple[int, Row]]]:
        rows = (row for row in read_rows(self.file, self.layout) if not isinstance(row, Unreadable))
        if self.scattered:
            yield from row_spool.grouped(rows, key=_key, most=MOST_ROWS + 1)
            return
        group: list[tuple[int, Row]] = []
        for line, row in rows:
            if group and _key(row) != _key(group[0][1]):
                yield group
                group = []
            if len(group) <= MOST_ROWS:
                group.append((line, row))
        if group:
            yield group


def open_host_file(file: BinaryIO, given: Format = Format()) -> HostFile:
    """Look through a file: encoding, separator, header, decimal mark, and how many invoices it holds.

    `file` can be sought and stays the caller's. Raises ImportRefused for a file that cannot be read.
    """
    layout = find_layout(file)
    votes: Counter[DecimalMark] = Counter()
    faults: list[Fault] = []
    torn: dict[str, int] = {}
    keys: set[int] = set()
    namesakes = Namesakes()
    rows, line, last, scattered = 0, 1, "", False
    for found in read_rows(file, layout):
        if isinstance(found, Unreadable):
            _keep(faults, found.fault)
            # Where the rest is lost, the last invoice may go on in it.
            torn.setdefault(last if found.rest else invoice_key(found.invoice_id), found.fault.line)
            continue
        rows += 1
        line, row = found
        votes.update(mark for name in MONEY if (mark := numbers.shows(row[name])) is not None)
        if rows == 1 or _key(row) != last:
            last = _key(row)
            # Hashes, so that a million numbers of invoices take little; two that meet only cost a spool.
            scattered = scattered or hash(last) in keys
            keys.add(hash(last))
            namesakes.add_row(row)
    mark = given.mark or numbers.proved(votes)
    form = replace(given, mark=mark, found=given.mark is None)
    return HostFile(file, layout, form, rows, len(keys), scattered, tuple(faults), torn, line, namesakes)


def _key(row: Row) -> str:
    return invoice_key(row["invoice_id"])


def _keep(faults: list[Fault], fault: Fault) -> None:
    if len(faults) == MOST_FAULTS:
        reason = f"more than {MOST_FAULTS:,} rows cannot be read, this one too: is this the right file?"
        raise ImportRefused((Fault(fault.line, "", reason),))
    faults.append(fault)
