"""Cells of a file that staff corrected before it is imported: kept beside it; the file stays as it came."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from paymail.errors import Conflict, InvalidInput
from paymail.models import ImportFile
from paymail.services.imports.rows import Corrections, corrected

MOST = 1000
"""Cells of one file: whoever has more to correct exports the file anew."""
LONGEST = 2000
"""Characters of a cell that can be corrected."""


class TooManyCorrections(InvalidInput):
    """So many cells were corrected already that the file should be exported anew."""

    code = "too_many_corrections"


class RowChanged(Conflict):
    """Somebody corrected the row since it was shown."""

    code = "row_changed"


@dataclass(frozen=True, slots=True)
class Correction:
    """One cell: the first line of its row, its place from 0, what the file says, and what counts instead."""

    line: int
    place: int
    old: str
    new: str
    actor: str
    at: str
    """UTC, in ISO 8601."""


def of(file: ImportFile) -> list[Correction]:
    """Return what was corrected of a file, by line and place."""
    return [Correction(**one) for one in json.loads(file.corrections or "[]")]


def by_line(file: ImportFile) -> Corrections:
    """Return what was corrected of a file as its reader takes it."""
    found: dict[int, dict[int, tuple[str, str]]] = {}
    for one in of(file):
        found.setdefault(one.line, {})[one.place] = (one.old, one.new)
    return found


def seal(cells: Sequence[str]) -> str:
    """Return the digest of a row as it was shown."""
    return hashlib.sha256(json.dumps(list(cells)).encode()).hexdigest()


def correct(
    file: ImportFile,
    *,
    line: int,
    original: Sequence[str],
    wanted: dict[int, str],
    seen: str,
    actor: str,
    now: datetime,
) -> None:
    """Keep what counts instead of cells of a row; a cell set back to what the file says is as it was.

    `original` is the row in the file, `wanted` the cells by place, `seen` the seal of what was shown. The
    caller has the file's lock. Raises RowChanged, TooManyCorrections.
    """
    kept = {(one.line, one.place): one for one in of(file)}
    if seen != seal(row_of(original, by_line(file), line)):
        raise RowChanged("somebody corrected this row since you looked; look at it again")
    beyond = range(len(original), max(wanted, default=-1) + 1)
    for place, new in (dict.fromkeys(beyond, "") | wanted).items():
        old = original[place] if place < len(original) else ""
        kept.pop((line, place), None)
        if new != old or place >= len(original):
            kept[line, place] = Correction(line, place, old, new, actor, now.isoformat())
    if len(kept) > MOST:
        raise TooManyCorrections(f"more than {MOST:,} cells are corrected; export the file anew instead")
    file.corrections = json.dumps([asdict(kept[key]) for key in sorted(kept)])


def row_of(original: Sequence[str], corrections: Corrections, line: int) -> list[str]:
    """Return a row of the file with its cells corrected."""
    return corrected(list(original), corrections.get(line, {}))
