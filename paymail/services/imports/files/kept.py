"""The files that staff gave to import: taken in by pieces, lent to whoever reads them, and erased."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from tempfile import TemporaryFile
from typing import BinaryIO

from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session, defer

from paymail.clock import new_id
from paymail.errors import Conflict, InvalidInput, NotFound
from paymail.models import ImportFile, ImportFilePart, ImportFileState
from paymail.services.core.contexts import Context
from paymail.services.imports.import_record import source_name

PART = 1 << 20
"""Bytes of a piece."""
MOST_WAITING = 20
"""Files that may wait at a time, of all staff."""
KEPT_DAYS = 7
STALE = timedelta(minutes=5)
"""Whoever works on a file is heard of after every some hundred invoices; after this long it is gone."""
UNDER_WAY = (ImportFileState.CHECKING, ImportFileState.IMPORTING)
WORKBOOK = b"PK\x03\x04"


class NoSuchFile(NotFound):
    """No file of this number is kept."""

    code = "no_such_import_file"


class UnusableFile(InvalidInput):
    """What was given is nothing that could be imported."""

    code = "unusable_import_file"


class TooManyFiles(Conflict):
    """So many files wait already that one has to be imported or removed first."""

    code = "too_many_import_files"


class StillRunning(Conflict):
    """Somebody works on the file."""

    code = "import_file_busy"


def keep(
    session: Session, *, file: BinaryIO, name: str, issuer_id: int, actor: str, now: datetime, largest: int
) -> ImportFile:
    """Keep a file of up to `largest` bytes, to be checked by its `job`. Raises UnusableFile, TooManyFiles."""
    file.seek(0)
    start = file.read(len(WORKBOOK))
    if not start:
        raise UnusableFile("the file is empty; choose another")
    if start == WORKBOOK:
        raise UnusableFile(
            "this is an Excel workbook or a ZIP file, not a CSV; in Excel choose Save As, “CSV UTF-8”"
        )
    waiting = select(func.count()).select_from(ImportFile).where(ImportFile.state != ImportFileState.IMPORTED)
    if (session.scalar(waiting) or 0) >= MOST_WAITING:
        raise TooManyFiles(f"{MOST_WAITING} files wait to be imported; import or remove one of them first")
    made = ImportFile(
        issuer_id=issuer_id,
        name=source_name(name) or "file",
        size=0,
        sha256="",
        actor=actor,
        received_at=now,
        state=ImportFileState.CHECKING,
        job=new_id(),
        worked_at=now,
    )
    session.add(made)
    session.flush()
    file.seek(0)
    made.size, made.sha256 = _keep_parts(session, made.file_id, file, largest)
    session.flush()
    return made


def _keep_parts(session: Session, file_id: int, file: BinaryIO, largest: int) -> tuple[int, str]:
    size, digest, position = 0, hashlib.sha256(), 0
    while part := file.read(PART):
        size += len(part)
        if size > largest:
            raise UnusableFile(
                f"the file is larger than {largest >> 20} MB; split it, or ask for a new limit"
            )
        digest.update(part)
        values = {"file_id": file_id, "position": position, "content": part}
        session.execute(insert(ImportFilePart).values(**values))
        position += 1
    return size, digest.hexdigest()


@contextmanager
def lent(context: Context, *, file_id: int) -> Iterator[BinaryIO]:
    """Lend the content of a file, to be read and sought. Raises NoSuchFile; UnusableFile if it is damaged."""
    with TemporaryFile() as file:
        digest, position = hashlib.sha256(), 0
        while (part := _part(context, file_id, position)) is not None:
            digest.update(part)
            file.write(part)
            position += 1
        with context.transaction() as session:
            expected = get(session, file_id=file_id).sha256
        if digest.hexdigest() != expected:
            raise UnusableFile("the content of this file is no longer complete; give it again")
        yield file


def _part(context: Context, file_id: int, position: int) -> bytes | None:
    with context.transaction() as session:
        return session.scalar(
            select(ImportFilePart.content).where(
                ImportFilePart.file_id == file_id, ImportFilePart.position == position
            )
        )


def get(session: Session, *, file_id: int, lock: bool = False, findings: bool = True) -> ImportFile:
    """Return a file, under its row lock if asked; without `findings` these are read when they are asked for.

    Raises NoSuchFile.
    """
    options = () if findings else (defer(ImportFile.findings),)
    found = session.get(
        ImportFile, file_id, with_for_update=lock or None, populate_existing=lock, options=options
    )
    if found is None:
        raise NoSuchFile(
            f"import file {file_id} not found; files are removed {KEPT_DAYS} days after they came"
        )
    return found


def import_of(session: Session, *, file_id: int) -> int | None:
    """Return the import that a file became; None if there is none, or no such file."""
    return session.scalar(select(ImportFile.import_id).where(ImportFile.file_id == file_id))


def waiting(session: Session) -> list[ImportFile]:
    """Return the files that are not imported yet, the newest first, without what their checks found."""
    statement = select(ImportFile).where(ImportFile.state != ImportFileState.IMPORTED)
    return list(
        session.scalars(statement.order_by(ImportFile.file_id.desc()).options(defer(ImportFile.findings)))
    )


def is_under_way(found: ImportFile, now: datetime) -> bool:
    """Whether somebody works on a file, as far as anybody knows."""
    return found.state in UNDER_WAY and now - found.worked_at < STALE


def discard(session: Session, *, file_id: int, now: datetime) -> None:
    """Erase a file. Raises NoSuchFile, StillRunning while it is being imported."""
    found = get(session, file_id=file_id, lock=True)
    if found.state is ImportFileState.IMPORTING and is_under_way(found, now):
        raise StillRunning("the file is being imported; wait until that has ended")
    _erase(session, [file_id])


def erase_content(session: Session, *, file_id: int) -> None:
    """Erase what a file says; that it was there stays."""
    session.execute(delete(ImportFilePart).where(ImportFilePart.file_id == file_id))


def forget_old(context: Context) -> int:
    """Erase the files that came long ago, but for those somebody works on; return how many."""
    now = context.now()
    with context.transaction() as session:
        statement = select(ImportFile).where(ImportFile.received_at < now - timedelta(days=KEPT_DAYS))
        found = session.scalars(statement.options(defer(ImportFile.findings)).with_for_update())
        old = [one.file_id for one in found if not is_under_way(one, now)]
        _erase(session, old)
    return len(old)


def any_old(session: Session, *, now: datetime) -> bool:
    """Whether there may be something for `forget_old` to do."""
    before = now - timedelta(days=KEPT_DAYS)
    return (
        session.scalar(select(ImportFile.file_id).where(ImportFile.received_at < before).limit(1)) is not None
    )


def _erase(session: Session, ids: list[int]) -> None:
    session.execute(delete(ImportFilePart).where(ImportFilePart.file_id.in_(ids)))
    session.execute(delete(ImportFile).where(ImportFile.file_id.in_(ids)))
