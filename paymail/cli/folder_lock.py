"""One `paymail up` per data folder: the kernel forgets the lock when its holder ends, however it ends."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from paymail.errors import Conflict

LOCK_FILE = "up.lock"


class AlreadyRunning(Conflict):
    """Another `up` runs on the data folder."""

    code = "already_running"


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Hold the folder for one `up`. Raises AlreadyRunning."""
    with (folder / LOCK_FILE).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyRunning(
                f"another `paymail up` is running on {folder}; stop it, or choose another PAYMAIL_DATA_DIR"
            ) from None
        yield
