"""One row of a kept file, cell by cell: what the file says, what counts, and what is wrong with it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from paymail.errors import InvalidInput, NotFound
from paymail.services.core.contexts import Context
from paymail.services.imports.faults import hidden
from paymail.services.imports.files import corrections, kept
from paymail.services.imports.files.findings import Findings
from paymail.services.imports.files.opening import layout_of
from paymail.services.imports.profiles.profile import METADATA
from paymail.services.imports.rows import Layout, raw_rows

MOST_CELLS = 300
"""Of a row that can be corrected on the page."""


class NoSuchRow(NotFound):
    """The file has no row that begins in this line, or none that can be read."""

    code = "no_such_row"


class RowTooWide(InvalidInput):
    """The row has more cells than the page shows."""

    code = "row_too_wide"


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell; `fixed` is one that is not shown, since it holds a secret or is too long."""

    place: int
    name: str
    """As the header of the file calls it; empty beyond the header."""
    means: str
    """Which of our columns it is; empty for one that is not read."""
    original: str
    text: str
    faults: tuple[str, ...] = ()
    fixed: bool = False
    missing: bool = False
    """Whether the row ends before it."""
    by: str = ""
    """Who corrected it."""


@dataclass(frozen=True, slots=True)
class GivenRow:
    """A row as the page shows it; `original` is what the file says."""

    line: int
    cells: tuple[Cell, ...]
    original: tuple[str, ...]
    faults: tuple[str, ...]
    """What is wrong with the row, not with one of its cells."""
    seal: str


def given_row(reading: Context, *, file_id: int, line: int) -> GivenRow:
    """Return the row of a file that begins in a line.

    Raises NoSuchFile, NoSuchRow, RowTooWide; UnusableFile while the file cannot be read.
    """
    with reading.transaction() as session:
        row = kept.get(session, file_id=file_id)
        findings, fixes = Findings.of(row.findings), corrections.of(row)
        by_line = corrections.by_line(row)
    with kept.lent(reading, file_id=file_id) as file:
        layout = layout_of(reading, file_id=file_id, file=file)
        rows = raw_rows(file, layout)
        _line, header = next(rows, (0, []))
        at, original = 1, header
        while at < line and (found := next(rows, None)) is not None:
            at, original = found
        rows.close()
    if at != line or line == 1:
        raise NoSuchRow(f"no row of this file begins in line {line}")
    cells = corrections.row_of(original, by_line, line)
    if max(len(cells), len(header)) > MOST_CELLS:
        raise RowTooWide(f"this row has more than {MOST_CELLS} cells; correct it in your system")
    cells_of = _Cells(layout, header, original, {one.place: one for one in fixes if one.line == line})
    reasons = [(one.column, one.reason) for one in findings.left_out if one.line == line]
    shown = tuple(cells_of.cell(place, cells, reasons) for place in range(max(len(cells), len(header))))
    told = {reason for cell in shown for reason in cell.faults}
    whole = tuple(reason for _column, reason in reasons if reason not in told)
    return GivenRow(line, shown, tuple(original), whole, corrections.seal(cells))


@dataclass(frozen=True, slots=True)
class _Cells:
    """What the cells of one row are made of."""

    layout: Layout
    header: Sequence[str]
    original: Sequence[str]
    fixes: Mapping[int, corrections.Correction]

    def cell(self, place: int, cells: Sequence[str], reasons: Sequence[tuple[str, str]]) -> Cell:
        """Return the cell at a place, with what is wrong with it."""
        columns = self.layout.header.columns
        column = columns[place] if place < len(columns) else ""
        name = self.header[place].replace("\ufeff", "").strip() if place < len(self.header) else ""
        text = cells[place] if place < len(cells) else ""
        called = {column, self.layout.header.names.get(column, column), name} - {""}
        original = self.original[place] if place < len(self.original) else ""
        secret = hidden(text) != text or hidden(original) != original
        return Cell(
            place=place,
            name=hidden(name)[:100],
            means="" if re.fullmatch(rf"{METADATA}\d+", column) else column.partition("#")[0],
            original="" if secret else original,
            text="" if secret else text,
            faults=tuple(reason for of, reason in reasons if of in called),
            fixed=secret or len(text) > corrections.LONGEST,
            missing=place >= len(cells),
            by=self.fixes[place].actor if place in self.fixes else "",
        )
