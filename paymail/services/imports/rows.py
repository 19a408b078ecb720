"""The rows of a host's file, one after the other; memory holds one of them at a time."""

import csv
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from io import TextIOWrapper
from itertools import islice
from typing import BinaryIO

from paymail.services.core.formulas import unguarded
from paymail.services.imports.dialect import Dialect, find_dialect
from paymail.services.imports.encodings import find_encoding, hold_to
from paymail.services.imports.faults import Fault, ImportRefused
from paymail.services.imports.fields import Format, Row
from paymail.services.imports.header import Header
from paymail.services.imports.profiles.choice import Profiles, choose
from paymail.services.imports.profiles.profile import Profile

LONGEST_LINE = 1_000_000
"""Characters; a row of text and amounts is far below."""

Corrections = Mapping[int, Mapping[int, tuple[str, str]]]
"""By the first line of a row and the place in it: what stands in the file, and what counts instead."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A row that could not be read, and its invoice as far as that is known."""

    fault: Fault
    invoice_id: str = ""
    rest: bool = False
    """Whether nothing after it could be read either."""


@dataclass(frozen=True, slots=True)
class Layout:
    """What had to be found out before the first row can be read."""

    encoding: str
    dialect: Dialect
    header: Header
    note: str
    """How the file was read where that may surprise; empty else."""
    profile: Profile | None = None
    """By which another system's columns are read; None: they are our own."""
    corrected: Corrections = field(default_factory=dict)


def find_layout(file: BinaryIO, profiles: Profiles = Profiles(), given: Format = Format()) -> Layout:
    """Look at the file's bytes and header. Raises ImportRefused, which says what to do."""
    encoding, note, dialect, start = _writing(file, given)
    line = 1 + dialect.skip
    try:
        cells = next(dialect.reader(iter(start[dialect.skip :])), [])
    except csv.Error as error:
        raise ImportRefused((Fault(line, "", f"the header cannot be read: {error}"),)) from error
    profile, header = choose(cells, line, profiles)
    return Layout(encoding, dialect, header, note, profile)


def first_rows(file: BinaryIO, given: Format, most: int) -> tuple[str, Dialect, list[list[str]]]:
    """Return encoding, dialect, and the cells of the header and of up to `most` rows, whatever they mean.

    Raises ImportRefused for bytes that are no text.
    """
    encoding, _note, dialect, start = _writing(file, given)
    rows = dialect.reader(iter(start[dialect.skip :]))
    found: list[list[str]] = []
    with suppress(csv.Error):
        found.extend(islice(rows, 1 + most))
    return encoding, dialect, found


def _writing(file: BinaryIO, given: Format) -> tuple[str, str, Dialect, list[str]]:
    """Return encoding, a note of it, dialect and first lines: as somebody said, else as they are found."""
    encoding, note = (hold_to(file, given.encoding), "") if given.encoding else find_encoding(file)
    with _lines(file, encoding) as lines:
        start = [line for _, line in zip(range(20), lines, strict=False)]
    dialect = find_dialect(start)
    return encoding, note, replace(dialect, separator=given.separator or dialect.separator), start


def read_rows(file: BinaryIO, layout: Layout) -> Iterator[tuple[int, Row] | Unreadable]:
    """Yield each row that is not blank with its first line in the file, or what is wrong with it.

    A row that cannot be read at all ends the file: where the next one begins is then anybody's guess.
    """
    with _lines(file, layout.encoding) as lines:
        for _ in range(layout.dialect.skip):
            next(lines, "")
        reader = layout.dialect.reader(lines)
        next(reader, [])
        line = layout.dialect.skip + reader.line_num + 1
        try:
            for values in reader:
                if any(value.strip() for value in values):
                    yield _row(line, corrected(values, layout.corrected.get(line, {})), layout.header)
                # A quoted line break makes a row span lines; people look for the first of them.
                line = layout.dialect.skip + reader.line_num + 1
        except (csv.Error, UnicodeDecodeError) as error:
            yield Unreadable(Fault(line, "", f"the rest of the file cannot be read: {error}"), rest=True)


def raw_rows(file: BinaryIO, layout: Layout) -> Generator[tuple[int, list[str]], None, None]:
    """Yield the header and each row that can be read, with its first line, as they are."""
    with _lines(file, layout.encoding) as lines, suppress(csv.Error, UnicodeDecodeError):
        for _ in range(layout.dialect.skip):
            next(lines, "")
        reader = layout.dialect.reader(lines)
        line = layout.dialect.skip + 1
        for values in reader:
            yield line, corrected(values, layout.corrected.get(line, {}))
            line = layout.dialect.skip + reader.line_num + 1


def corrected(values: list[str], by_place: Mapping[int, tuple[str, str]]) -> list[str]:
    """Return a row with its cells corrected, as far as they are what was corrected: nothing is changed in a
    file that is read in another way since."""
    for place, (old, new) in sorted(by_place.items()):
        if place < len(values) and values[place] == old:
            values = [*values[:place], new, *values[place + 1 :]]
        elif place == len(values) and not old:
            values = [*values, new]
    return values


def _row(line: int, values: Sequence[str], header: Header) -> tuple[int, Row] | Unreadable:
    beyond = values[len(header.columns) :]
    if len(values) < len(header.columns) or any(value.strip() for value in beyond):
        place = header.columns.index("invoice_id")
        fault = Fault(line, "", f"has {len(values)} fields instead of {len(header.columns)}")
        return Unreadable(fault, unguarded(values[place]) if place < len(values) else "")
    # Not strict: what is beyond the header is blank, as Excel leaves it.
    row = {name: unguarded(value) for name, value in zip(header.columns, values, strict=False) if name}
    for name, others in header.substitutes:
        row[name] = next((cell for cell in [row[name], *map(row.pop, others)] if cell.strip()), "")
    return line, row


@contextmanager
def _lines(file: BinaryIO, encoding: str) -> Iterator[Iterator[str]]:
    """Lend the file's lines with their line ends, from its beginning; the file stays open."""
    file.seek(0)
    text = TextIOWrapper(file, encoding=encoding, newline="")
    try:
        yield _bounded(text)
    finally:
        text.detach()


def _bounded(text: TextIOWrapper) -> Iterator[str]:
    number = 0
    while line := text.readline(LONGEST_LINE):
        number += 1
        if len(line) == LONGEST_LINE:
            raise ImportRefused((Fault(number, "", f"is longer than {LONGEST_LINE:,} characters"),))
        yield line
