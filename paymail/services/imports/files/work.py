"""Checking a file and importing it: what takes long, some invoices per transaction, and can be looked at.

Each run has a number of its own in the file's row. One that finds another there, or no row, stops.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO

from sqlalchemy import update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from paymail.clock import new_id
from paymail.db.lock_waits import is_lock_wait
from paymail.errors import Conflict
from paymail.models import IMPORT_FILE_MOVES, ImportFile, ImportFileState, check_move
from paymail.services.core.contexts import Context
from paymail.services.imports import HostFile, Report, import_invoices
from paymail.services.imports.files import kept
from paymail.services.imports.files.columns import columns_of
from paymail.services.imports.files.findings import Findings, Gathered
from paymail.services.imports.files.opening import opened
from paymail.services.imports.files.reading import Reading

_S = ImportFileState
TRIES = 5
"""Of writing how far it is: several imports at once wait for one another longer than a lock is waited for."""


class OtherThanChecked(Conflict):
    """Other things would change than the page showed."""

    code = "other_than_checked"


class Superseded(Conflict):
    """Somebody else works on the file now, or it was removed."""

    code = "superseded"


@dataclass(frozen=True, slots=True)
class Work:
    """A run: how it reads and writes, and which file it is of."""

    context: Context
    reading: Context
    """Its transactions only read."""
    file_id: int
    job: str


def begin_check(session: Session, *, file_id: int, reading: Reading, now: datetime) -> str:
    """Note that a file is checked anew, read so; return the run's id. Raises StillRunning, BadReading."""
    found = kept.get(session, file_id=file_id, lock=True)
    if kept.is_under_way(found, now):
        raise kept.StillRunning("somebody is working on this file; reload the page in a moment")
    check_move(IMPORT_FILE_MOVES, found.state, _S.CHECKING)
    found.reading = reading.text()
    found.findings, found.digest = "", ""
    return _begun(found, _S.CHECKING, now)


def begin_import(session: Session, *, file_id: int, shown: str, actor: str, now: datetime) -> str | None:
    """Note that staff confirmed the difference `shown`; None when somebody did so before.

    Raises NoSuchFile; OtherThanChecked when it is not what the last check found.
    """
    found = kept.get(session, file_id=file_id, lock=True)
    if found.state in (_S.IMPORTING, _S.IMPORTED):
        return None
    if found.state is not _S.CHECKED or found.digest != shown:
        raise OtherThanChecked("the file was checked again since you looked; look at what would change now")
    found.actor = actor
    return _begun(found, _S.IMPORTING, now)


def _begun(found: ImportFile, state: ImportFileState, now: datetime) -> str:
    found.state, found.job, found.worked_at = state, new_id(), now
    found.done = found.total = 0
    return found.job


def check(work: Work) -> None:
    """Compare a file with what is here, and note what would change. Raises Superseded."""
    with kept.lent(work.reading, file_id=work.file_id) as file:
        found = opened(work.reading, file_id=work.file_id, file=file, heard=lambda: _heard(work, 0, 0))
        if isinstance(found, HostFile):
            found = _compared(work, file, found)
    state = _S.UNREADABLE if found.faults else _S.CHECKED
    _end(work, state=state, findings=found.text(), digest=found.digest)


def import_confirmed(work: Work) -> None:
    """Compare once more, and import if it is what was confirmed; else show it again. Raises Superseded."""
    with work.reading.transaction() as session:
        row = kept.get(session, file_id=work.file_id)
    with kept.lent(work.reading, file_id=work.file_id) as file:
        found = opened(work.reading, file_id=work.file_id, file=file, heard=lambda: _heard(work, 0, 0))
        if isinstance(found, Findings):
            _end(work, state=_S.UNREADABLE, findings=found.text(), digest="")
            return
        now_found = _compared(work, file, found)
        if now_found.digest != row.digest:
            now_found.again = True
            _end(work, state=_S.CHECKED, findings=now_found.text(), digest=now_found.digest)
            return
        report = _import(work, found, row)
    _end(work, state=_S.IMPORTED, findings="", corrections="", import_id=report.import_id)


def fail(work: Work) -> None:
    """Note that a run came to nothing, unless somebody else has the file by now."""
    with work.context.transaction() as session:
        found = session.get(ImportFile, work.file_id, with_for_update=True)
        if found is not None and found.job == work.job and found.state in kept.UNDER_WAY:
            found.state = _S.STOPPED


def _compared(work: Work, file: BinaryIO, found: HostFile) -> Findings:
    gathered = Gathered()
    gathered.refuse("", found.faults)
    report = import_invoices(
        work.reading,
        source=found,
        issuer_id=_issuer_id(work),
        actor="",
        dry_run=True,
        progress=lambda done, total: _heard(work, done, total),
        look=gathered.look,
    )
    findings = gathered.end(report)
    findings.loose_rows = found.loose_rows
    columns_of(findings, file, found)
    return findings


def _import(work: Work, found: HostFile, row: ImportFile) -> Report:
    return import_invoices(
        work.context,
        source=found,
        issuer_id=row.issuer_id,
        actor=row.actor,
        progress=lambda done, total: _heard(work, done, total),
        source_name=row.name,
    )


def _issuer_id(work: Work) -> int:
    with work.reading.transaction() as session:
        return kept.get(session, file_id=work.file_id).issuer_id


def _heard(work: Work, done: int, total: int) -> None:
    """Note how far it is. Raises Superseded."""
    _write(work, {"done": done, "total": total})


def _end(work: Work, **values: object) -> None:
    state = values["state"]

    def erase(session: Session) -> None:
        if state is _S.IMPORTED:
            kept.erase_content(session, file_id=work.file_id)

    _write(work, values, erase)


def _write(
    work: Work,
    values: dict[str, object],
    then: Callable[[Session], None] = lambda _session: None,
    tries: int = TRIES,
) -> None:
    mine = update(ImportFile).where(
        ImportFile.file_id == work.file_id, ImportFile.job == work.job, ImportFile.state.in_(kept.UNDER_WAY)
    )
    try:
        with work.context.transaction() as session:
            changed = mine.values(**values, worked_at=work.context.now()).returning(ImportFile.file_id)
            if session.scalar(changed.execution_options(synchronize_session=False)) is None:
                raise Superseded("somebody else works on this file now, or it was removed")
            then(session)
    except DBAPIError as error:
        if tries == 1 or not is_lock_wait(error):
            raise
        _write(work, values, then, tries - 1)
