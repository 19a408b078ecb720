"""One run at a time of a long command: its lock is gone when its process is, however that ended."""

import fcntl
import os
from collections.abc import Iterator
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
    path = f"{engine.url.database}.{name.replace(' ', '-')}.lock"
    file = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise _refusal(name) from None
        yield
    finally:
        os.close(file)


def _refusal(name: str) -> AlreadyRunning:
    return AlreadyRunning(f"another `paymail {name}` is running on this database; wait for it to end")
