"""How a host's file is written: what separates its fields, and where its header is."""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from paymail.services.imports.header import known_columns

if TYPE_CHECKING:
    from _csv import Reader

SEPARATORS = (",", ";", "\t", "|")


@dataclass(frozen=True, slots=True)
class Dialect:
    """The separator, and how many lines stand before the header."""

    separator: str
    skip: int = 0

    def reader(self, lines: Iterator[str]) -> "Reader":
        """Return the fields of each row of `lines`, which begin with the header."""
        return csv.reader(lines, strict=True, delimiter=self.separator)


def find_dialect(start: Sequence[str]) -> Dialect:
    """Look at the first lines: Excel's own `sep=` is obeyed, otherwise the header decides."""
    first = start[0].removeprefix("\ufeff").strip().strip('"') if start else ""
    if first.lower().startswith("sep=") and len(first) == 5:
        return Dialect(first[4], skip=1)
    if first.lower() == "sep=":  # a tab that `strip` took
        return Dialect("\t", skip=1)
    # A name in quotes may hold any separator, so each is tried; the first of the best stays.
    return max((Dialect(separator) for separator in SEPARATORS), key=lambda d: _fit(d, start))


def _fit(dialect: Dialect, start: Sequence[str]) -> tuple[int, int]:
    """Count the columns that are known or, of a header in which none is, all of them."""
    try:
        cells = next(dialect.reader(iter(start)), [])
    except csv.Error:
        return 0, 0
    known = known_columns(cells)
    return known, 0 if known else len(cells)
