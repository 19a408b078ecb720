"""Whether the pages of an SQLite file are sound, as far as can be read in a few seconds."""

import sqlite3
import time
from pathlib import Path

from paymail.checks.findings import Finding, failed, not_asked, ok

LONGEST = 5.0
"""Seconds of reading; a large file takes longer, and is then left half read."""
_STEPS = 10_000


def finding(file: str, longest: float = LONGEST) -> Finding:
    """Read the pages of `file` for `longest` seconds at most."""
    deadline = time.monotonic() + longest
    connection = sqlite3.connect(f"{Path(file).absolute().as_uri()}?mode=ro", uri=True)
    try:
        connection.set_progress_handler(lambda: time.monotonic() > deadline, _STEPS)
        (said,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.OperationalError as error:
        if "interrupted" not in str(error):
            raise
        return not_asked("database", f"its pages were read for {longest:g} s, and not to the end")
    except sqlite3.DatabaseError as error:
        said = str(error)
    finally:
        connection.close()
    if said == "ok":
        return ok("database", "quick_check found no damage")
    return failed(
        "database",
        f"the database file is damaged: {said}"[:200],
        "stop paymail and restore a backup; keep the damaged file",
    )
