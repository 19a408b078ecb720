"""A host's file: looked at once as a whole, then read invoice by invoice in bounded memory."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import BinaryIO

from paymail.services.imports import numbers, row_spool
from paymail.services.imports.faults import Fault, ImportRefused, shown
from paymail.services.imports.fields import Format, Row
from paymail.services.imports.invoice_check import HostInvoice
from paymail.services.imports.namesakes import Namesakes
from paymail.services.imports.numbers import DecimalMark
from paymail.services.imports.overview import Overview, invoice_key_of
from paymail.services.imports.profiles.choice import Profiles
from paymail.services.imports.profiles.derivation import Derivation
from paymail.services.imports.profiles.written_dates import DateEvidence, DayOrder
from paymail.services.imports.rows import Corrections, Layout, Unreadable, find_layout, read_rows
from paymail.services.imports.sources import Refused, check, refused

DATES = ("issued_date", "due_date")
SIGHT = 1000
"""Rows between two reports of how far a file has been looked through."""
MOST_ROWS = 10_000
"""Of one invoice: they are checked together, in memory."""


PLAIN = Format(DecimalMark.POINT)
"""How a profile's invoices are written once they are in our columns."""


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
    order: DayOrder | None = None
    """Which of day and month comes first in the dates of a file that is read by a profile."""
    loose_rows: int = 0
    """Rows that cannot be read, of no invoice that is counted."""

    @property
    def notes(self) -> tuple[str, ...]:
        """How the file was read where that may surprise, for people."""
        header, profile = self.layout.header, self.layout.profile
        found = [self.layout.note]
        if profile is not None:
            found.append(f"read as {profile.title}, by the profile {profile.name}")
        if self.order is not None and not self.format.dates:
            found.append(f"dates were read as {self.order}")
        if header.ignored:
            names = ", ".join(map(shown, header.ignored[:20]))
            found.append(f"columns that are not read: {names}")
        if self.format.mark is DecimalMark.COMMA:
            found.append("a comma was read as the decimal mark")
        return tuple(note for note in found if note)

    def checked(self) -> Iterator[HostInvoice | Refused]:
        """Yield each invoice in the order of its first row."""
        for rows in self._groups():
            if torn := self._torn(rows):
                yield refused(rows, torn)
            elif self.layout.profile is None:
                yield check(rows, self.format, self.namesakes)
            else:
                yield self._translated(rows, Derivation(self.layout.profile, self.format, self.order))

    def _translated(self, rows: list[tuple[int, Row]], derivation: Derivation) -> HostInvoice | Refused:
        """Check an invoice of another system in our columns; its faults name the columns of the file."""
        names = self.layout.header.names
        found = derivation.rows(rows)
        sound = [row for row in found if not isinstance(row, Fault)]
        if sound:
            checked = check(sound, replace(PLAIN, zone=self.format.zone), self.namesakes)
            if isinstance(checked, HostInvoice):
                return checked
            found = list(checked.faults)
        faults = [one for one in found if isinstance(one, Fault)]
        return refused(rows, [replace(one, column=names.get(one.column, one.column)) for one in faults])

    def _torn(self, rows: list[tuple[int, Row]]) -> list[Fault]:
        """Return why an invoice cannot be checked at all: some of its rows are not here."""
        at, first = rows[0]
        if len(rows) > MOST_ROWS:
            return [Fault(at, "", f"this invoice has more than {MOST_ROWS:,} rows")]
        if line := self.torn.get(invoice_key_of(first)):
            return [Fault(at, "", f"this invoice stays out: line {line} cannot be read")]
        return []

    def _groups(self) -> Iterator[list[tuple[int, Row]]]:
        rows = (row for row in read_rows(self.file, self.layout) if not isinstance(row, Unreadable))
        if self.scattered:
            yield from row_spool.grouped(rows, key=invoice_key_of, most=MOST_ROWS + 1)
            return
        group: list[tuple[int, Row]] = []
        for line, row in rows:
            if group and invoice_key_of(row) != invoice_key_of(group[0][1]):
                yield group
                group = []
            if len(group) <= MOST_ROWS:
                group.append((line, row))
        if group:
            yield group


def open_host_file(
    file: BinaryIO,
    given: Format = Format(),
    profiles: Profiles = Profiles(),
    progress: Callable[[int], None] = lambda _rows: None,
    corrections: Corrections = MappingProxyType({}),
) -> HostFile:
    """Look through a file: encoding, separator, header, profile, decimal mark, how many invoices it holds.

    `file` can be sought and stays the caller's; `progress` is told how many rows were seen.
    `corrections` are cells that staff corrected. Raises ImportRefused for a file that cannot be read,
    NoSuchProfile for a profile that was asked for.
    """
    layout = replace(find_layout(file, profiles, given), corrected=corrections)
    given, layout = _of_profile(given, layout, profiles)
    seen = Overview(layout, dates=() if layout.profile is None or given.dates else DATES)
    for found in read_rows(file, layout):
        seen.add(found)
        if seen.rows % SIGHT == 0:
            progress(seen.rows)
    mark = given.mark or numbers.proved(seen.votes)
    return HostFile(
        file=file,
        layout=layout,
        format=replace(given, mark=mark, found=given.mark is None),
        rows=seen.rows,
        invoices=len(seen.keys),
        scattered=seen.scattered,
        faults=tuple(seen.faults),
        torn=seen.torn,
        last_line=seen.line,
        namesakes=seen.namesakes,
        order=_order(seen.evidence),
        loose_rows=seen.loose_rows,
    )


def _of_profile(given: Format, layout: Layout, profiles: Profiles) -> tuple[Format, Layout]:
    """Return format and layout with what the profile says, where nobody said otherwise."""
    profile = layout.profile
    if profile is None:
        return given, layout
    if profiles.currency:
        profile = replace(profile, constants={"currency": profiles.currency, **profile.constants})
    mark = given.mark or (DecimalMark(profile.decimal_mark) if profile.decimal_mark else None)
    return replace(given, mark=mark, dates=given.dates or profile.dates), replace(layout, profile=profile)


def _order(evidence: DateEvidence) -> DayOrder | None:
    """Return the order that a file's dates prove. Raises ImportRefused where it matters and is not proved."""
    if evidence.both:
        one, other = map(shown, evidence.both)
        reason = f"dates have the day first ({one}) and the month first ({other}): export it with one format"
        raise ImportRefused((Fault(1, "", reason),))
    if evidence.order is None and evidence.open:
        reason = (
            f"{shown(evidence.open)} could be two days; say which by --date-format DD/MM/YYYY or MM/DD/YYYY"
        )
        raise ImportRefused((Fault(1, "", reason),))
    return evidence.order
