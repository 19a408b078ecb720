"""The audit log as rows for other programs: CSV without formulas, and JSON."""

from collections.abc import Iterator

from sqlalchemy.orm import Session

from paymail.services.access.audit import AuditFilter, every_page
from paymail.services.audit_log.sentences import Told, told
from paymail.services.exports.csv_lines import line, safe

COLUMNS = ("entry_id", "at", "who", "door", "sentence", "was", "is", "act", "object", "name", "company_id")
"""Their names stay the same."""


def described(one: Told) -> dict[str, object]:
    """Return an entry by the names of COLUMNS."""
    entry = one.entry
    values = (entry.entry_id, entry.at.isoformat(), entry.who, entry.door, one.text, one.was, one.becomes)
    return dict(zip(COLUMNS, (*values, entry.act, entry.object, entry.name, entry.issuer_id), strict=True))


def every_entry(session: Session, *, wanted: AuditFilter) -> Iterator[Told]:
    """Yield all entries, newest first, in the memory of one page. The session forgets each page."""
    for page in every_page(session, wanted=wanted):
        yield from told(session, page)


def csv_lines(session: Session, *, wanted: AuditFilter) -> Iterator[str]:
    """Yield the lines of all entries as CSV, the head first."""
    yield line(list(COLUMNS))
    for one in every_entry(session, wanted=wanted):
        yield line([safe(value) for value in described(one).values()])
