"""One run at a time of a long command: its lock is gone when its process is, however that ended."""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import Engine, text

from paymail.errors import Conflict


class AlreadyRunning(Conflict):
    """The same command is running on this database."""

    code = "already_running"


@contextmanager
def alone(engine: Engine, *, name: str, key: int) -> Iterator[None]:
    """Hold the run lock `key` of a database: of its server, or of a file beside it. Raises AlreadyRunning.

    `name` is what the refusal calls the other run, and the file.
    """
    held = _on_server if engine.dialect.name == "postgresql" else _beside_file
    with held(engine, name, key):
        yield


@contextmanager
def _on_server(engine: Engine, name: str, key: int) -> Iterator[None]:
    with engine.connect() as connection:
        try:
            got = connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": key})
            # The session holds it, without a transaction that would be ended for idling.
            connection.commit()
            if not got:
                raise _refusal(name)
            yield
        finally:
            # Back in the pool the session would go on holding it.
            connection.invalidate()


@contextmanager
def _beside_file(engine: Engine, name: str, _key: int) -> Iterator[None]:
    file = _open_beside(engine, name)
    try:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise _refusal(name) from None
        yield
    finally:
        os.close(file)


@contextmanager
def in_turn(engine: Engine, *, name: str, tell: Callable[[str], None], waits: str) -> Iterator[None]:
    """Hold the run lock of an SQLite database's file; while another has it, wait, with the line `waits`.

    A database in memory is this process's alone: nothing is locked.
    """
    if engine.url.database in {None, "", ":memory:"}:
        yield
        return
    file = _open_beside(engine, name)
    try:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            tell(waits)
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
    finally:
        os.close(file)


def _open_beside(engine: Engine, name: str) -> int:
    """Open the lock file of a database, under one name whatever links lead to it; it is never removed."""
    database = os.path.realpath(str(engine.url.database))
    file = os.open(f"{database}.{name.replace(' ', '-')}.lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    if os.geteuid() == 0 and os.path.exists(database):
        # As SQLite does with its own files: root must not shut out the user that the database belongs to.
        owner = os.stat(database)
        os.fchown(file, owner.st_uid, owner.st_gid)
    return file


def _refusal(name: str) -> AlreadyRunning:
    return AlreadyRunning(f"another `paymail {name}` is running on this database; wait for it to end")
