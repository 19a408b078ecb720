"""A host's file: looked at once as a whole, then read invoice by invoice in bounded memory."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import BinaryIO

from paymail.services.imports import numbers, row_spool
from paymail.services.imports.faults import Fault
from paymail.services.imports.fields import Format, Row
from paymail.services.imports.invoice_check import HostInvoice, check_invoice
from paymail.services.imports.numbers import DecimalMark
from paymail.services.imports.rows import Layout, find_layout, read_rows

NUMBERS = (
    "subtotal",
    "tax_rate",
    "tax_amount",
    "total",
    "amount_paid",
    "quantity",
    "unit_price",
    "line_amount",
)


@dataclass(frozen=True, slots=True)
class Refused:
    """An invoice of the file that cannot come in, with everything that is wrong with it."""

    faults: tuple[Fault, ...]


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
    """What belongs to no invoice: rows that could not be read."""

    @property
    def notes(self) -> tuple[str, ...]:
        """How the file was read where that may surprise, for people."""
        header = self.layout.header
        found = [self.layout.note]
        if header.ignored:
            names = ", ".join(header.ignored[:20])
            found.append(f"columns that are not read: {names}")
        if self.format.mark is DecimalMark.COMMA:
            found.append("a comma was read as the decimal mark")
        return tuple(note for note in found if note)

    def checked(self) -> Iterator[HostInvoice | Refused]:
        """Yield each invoice in the order of its first row."""
        for rows in self._groups():
            found = check_invoice(rows, self.format)
            yield found if isinstance(found, HostInvoice) else Refused(tuple(sorted(set(found))))

    def _groups(self) -> Iterator[list[tuple[int, Row]]]:
        rows = (row for row in read_rows(self.file, self.layout) if not isinstance(row, Fault))
        if self.scattered:
            yield from row_spool.grouped(rows, key=_key)
            return
        group: list[tuple[int, Row]] = []
        for line, row in rows:
            if group and _key(row) != _key(group[0][1]):
                yield group
                group = []
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
    keys: set[int] = set()
    rows, last, scattered = 0, "", False
    for found in read_rows(file, layout):
        if isinstance(found, Fault):
            faults.append(found)
            continue
        rows += 1
        row = found[1]
        votes.update(mark for name in NUMBERS if (mark := numbers.shows(row[name])) is not None)
        if rows == 1 or _key(row) != last:
            last = _key(row)
            # Hashes, so that a million numbers of invoices take little; two that meet only cost a spool.
            scattered = scattered or hash(last) in keys
            keys.add(hash(last))
    mark = given.mark or numbers.majority(votes)
    return HostFile(file, layout, replace(given, mark=mark), rows, len(keys), scattered, tuple(faults))


def _key(row: Row) -> str:
    return row["invoice_id"].strip()
