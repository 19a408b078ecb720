"""The files of the sample, with dates that lead up to a given day: old dates would show no work."""

import csv
import io
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import BinaryIO

_FOLDER = Path(__file__).resolve().parent.parent / "sample"
_NEWEST = date(2026, 3, 12)
"""When the newest invoice of `host_invoices.csv` was issued."""
_CLOSER = 4
"""The file's two years become half a year: as many invoices as a company of this size issues."""


def host_invoices(today: date) -> BinaryIO:
    """Return the 502 invoices: the newest issued yesterday, due from half a year ago to next month."""

    def moved(issued: str, due: str) -> tuple[date, date]:
        then = date.fromisoformat(issued)
        begins = today - timedelta(days=1 + (_NEWEST - then).days // _CLOSER)
        return begins, begins + (date.fromisoformat(due) - then)

    return _dated(_FOLDER / "host_invoices.csv", moved)


def tasman_invoices(today: date) -> BinaryIO:
    """Return the invoices of the second company, whose file counts days from today."""

    def moved(issued: str, due: str) -> tuple[date, date]:
        return today + timedelta(days=int(issued)), today + timedelta(days=int(due))

    return _dated(_FOLDER / "tasman_invoices.csv", moved)


def _dated(file: Path, moved: Callable[[str, str], tuple[date, date]]) -> BinaryIO:
    def rows() -> Iterator[dict[str, str]]:
        for row in csv.DictReader(file.read_text(encoding="utf-8").splitlines(keepends=True)):
            issued, due = moved(row["issued_date"], row["due_date"])
            yield row | {"issued_date": issued.isoformat(), "due_date": due.isoformat()}

    read = rows()
    first = next(read)
    written = io.StringIO(newline="")
    writer = csv.DictWriter(written, first, lineterminator="\n")
    writer.writeheader()
    writer.writerow(first)
    writer.writerows(read)
    return io.BytesIO(written.getvalue().encode())
