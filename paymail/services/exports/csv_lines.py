"""Lines of a CSV: for spreadsheets, in which no cell may be calculated."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

from paymail.services.core.formulas import guarded


def line(cells: Sequence[object], *, delimiter: str = ",") -> str:
    """Return one line as it is; texts by strange hands go through `safe` first."""
    written = io.StringIO()
    csv.writer(written, delimiter=delimiter, lineterminator="\n").writerow(cells)
    return written.getvalue()


def safe(value: object) -> object:
    """Return a value that no spreadsheet calculates."""
    return guarded(value) if isinstance(value, str) else value


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """Yield the lines of a table, the head first. Nothing is kept of them."""
    yield line(head)
    for row in rows:
        yield line([safe(one) for one in row])
