"""The rows of a file whose invoices stay out, as CSV: to be corrected and imported by themselves."""

import csv
import io
import re
from collections.abc import Iterator

from paymail.services.core.contexts import Context
from paymail.services.core.formulas import FORMULA, unguarded
from paymail.services.imports.faults import hidden
from paymail.services.imports.files import kept
from paymail.services.imports.files.findings import Findings
from paymail.services.imports.files.opening import opened
from paymail.services.imports.host_file import HostFile
from paymail.services.imports.optional_fields import invoice_key
from paymail.services.imports.rows import raw_rows

_NUMBER = re.compile(r"[-+]?[\d.,' ]*\d\s?%?", re.ASCII)


def faulty_csv(reading: Context, *, file_id: int) -> str:
    """Return as CSV what is left out of a file that was checked. Raises NoSuchFile, UnusableFile."""
    with reading.transaction() as session:
        findings = Findings.of(kept.get(session, file_id=file_id).findings)
    with kept.lent(reading, file_id=file_id) as file:
        found = opened(reading, file_id=file_id, file=file)
        return "".join(faulty_rows(found, findings)) if isinstance(found, HostFile) else ""


def faulty_rows(file: HostFile, findings: Findings) -> Iterator[str]:
    """Yield the header and all rows of the invoices listed as refused, with the reasons at the end."""
    reasons: dict[str, list[str]] = {}
    lines = {one.line: one.reason for one in findings.left_out}
    for one in findings.left_out:
        if one.number:
            reasons.setdefault(invoice_key(one.number), []).append(f"line {one.line}: {one.reason}")
    columns = file.layout.header.columns
    place = columns.index("invoice_id")
    rows = raw_rows(file.file, file.layout)
    _line, header = next(rows, (0, []))
    yield _written([*header, "problem"])
    for line, cells in rows:
        key = hidden(invoice_key(unguarded(cells[place])))[:60] if place < len(cells) else ""
        found = reasons.get(key) if key else None
        if found or line in lines:
            yield _written([*cells, "; ".join(found or [lines.get(line, "")])])


def _written(cells: list[str]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerow([_safe(cell) for cell in cells])
    return out.getvalue()


def _safe(cell: str) -> str:
    """Return a cell that no spreadsheet calculates; numbers, and what the file guards, stay as they are."""
    return f"'{cell}" if cell.startswith(FORMULA) and not _NUMBER.fullmatch(cell.strip()) else cell
