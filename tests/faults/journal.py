"""Books kept beside the database: JSON lines that are on the disk before their writer goes on."""

import json
import os
import threading
import time
from pathlib import Path
from typing import Any

from paymail import clock


class Journal:
    """Appends; what `write` has returned from survives the kill of its process."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._lock = threading.Lock()

    def write(self, **fields: object) -> None:
        """Add a line with the instant (`wall`, ISO) and the machine's `mono`tonic seconds; sync it."""
        stamped = {**fields, "wall": clock.utc_now().isoformat(), "mono": time.monotonic()}
        line = json.dumps(stamped).encode() + b"\n"
        with self._lock:
            os.write(self._file, line)
            os.fsync(self._file)

    def close(self) -> None:
        os.close(self._file)


def read(path: Path) -> list[dict[str, Any]]:
    """Return the lines in order; nothing when there is no file yet."""
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text().splitlines()]
