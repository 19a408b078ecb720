"""The columns of a file with their first values, and which of ours each is read as."""

import re
from typing import BinaryIO

from paymail.services.imports.dialect import Dialect
from paymail.services.imports.faults import Fault, ImportRefused, hidden
from paymail.services.imports.fields import Format
from paymail.services.imports.files.findings import Column, Findings
from paymail.services.imports.files.reading import KEEP
from paymail.services.imports.header import canonical, meaning_of
from paymail.services.imports.host_file import HostFile
from paymail.services.imports.profiles.choice import NEEDED, SAY_WHAT_WAS_PAID
from paymail.services.imports.profiles.profile import METADATA
from paymail.services.imports.rows import first_rows

SAMPLES = 3
LONGEST_SAMPLE, LONGEST_NAME = 40, 100
MOST_COLUMNS = 200
"""That are shown; a file may have more."""


def columns_of(findings: Findings, file: BinaryIO, found: HostFile) -> None:
    """Note in `findings` how a file was read, and what its columns mean."""
    layout = found.layout
    findings.profile = layout.profile.name if layout.profile is not None else ""
    findings.decimal_mark = found.format.mark or ""
    findings.notes = tuple(note for note in findings.notes if note != layout.note)  # `encoding` says it
    encoding, dialect, rows = first_rows(file, found.format, SAMPLES)
    _note(findings, encoding, dialect, rows, [_plain(column) for column in layout.header.columns])


def unread(file: BinaryIO, given: Format, faults: tuple[Fault, ...]) -> Findings:
    """Return what can be said of a file that cannot be read."""
    findings = Findings(faults=tuple(Fault(one.line, one.column, hidden(one.reason)) for one in faults[:100]))
    try:
        encoding, dialect, rows = first_rows(file, given, SAMPLES)
    except ImportRefused:
        return findings
    header = rows[0] if rows else []
    _note(findings, encoding, dialect, rows, [meaning_of(cell) for cell in header])
    return findings


def missing(findings: Findings) -> list[str]:
    """Return which of our columns no column of the file means, where there has to be one."""
    means = {one.means for one in findings.columns}
    lacking = [group[0] for group in NEEDED if not means.intersection(group)]
    return lacking if means & SAY_WHAT_WAS_PAID else [*lacking, "amount_paid"]


def _note(
    findings: Findings, encoding: str, dialect: Dialect, rows: list[list[str]], meanings: list[str]
) -> None:
    findings.encoding, findings.separator = encoding, dialect.separator
    header, values = (rows[0], rows[1:]) if rows else ([], [])
    findings.columns = tuple(
        _column(cell, means, [row[at] for row in values if at < len(row)])
        for at, (cell, means) in enumerate(zip(header[:MOST_COLUMNS], meanings, strict=False))
    )
    findings.more_columns = len(header) - len(findings.columns)


def _column(header: str, means: str, values: list[str]) -> Column:
    name = _cell(header, LONGEST_NAME)
    return Column(name, means, tuple(map(_cell, values)), canonical(name) == canonical(header))


def _plain(column: str) -> str:
    """Return what a column of a layout is called where people choose."""
    return KEEP if re.fullmatch(rf"{METADATA}\d+", column) else column.partition("#")[0]


def _cell(text: str, longest: int = LONGEST_SAMPLE) -> str:
    plain = hidden(text.replace("\ufeff", "").strip())
    return "".join(letter if letter.isprintable() else " " for letter in plain)[:longest]
