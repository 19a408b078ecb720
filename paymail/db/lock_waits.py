"""How long a migration waits for a lock, and how often it tries again.

While it waits for a lock on a table, everybody who comes later waits behind it, readers too (PostgreSQL
documentation, "Explicit Locking"). So it gives up soon, lets them pass, and tries again.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy.exc import DBAPIError

from paymail.errors import Unavailable

LOCK_SECONDS = 3
"""How long a statement of a migration waits for a lock that others wait behind."""
INDEX_LOCK_SECONDS = 60
"""How long building an index waits for older transactions: nobody waits behind it."""
_POSTGRESQL = ("55P03", "40P01")
"""lock_not_available and deadlock_detected (PostgreSQL documentation, "Error Codes")."""
_SQLITE = (5, 6)
"""SQLITE_BUSY and SQLITE_LOCKED (SQLite documentation, "Result and Error Codes")."""

ANOTHER_UPGRADE = "another upgrade of this database is running; waiting for it to end"

Tell = Callable[[str], None]


class SchemaLocked(Unavailable):
    """Others held their locks for longer than a migration waits."""

    code = "schema_locked"


@dataclass(frozen=True, slots=True)
class Patience:
    """Tries per revision, and the pause in seconds after each, in which others get their turn."""

    tries: int = 10
    pause: float = 2.0


def is_lock_wait(error: DBAPIError) -> bool:
    """Whether a statement failed because somebody else holds a lock: tried again, it may pass."""
    if getattr(error.orig, "sqlstate", None) in _POSTGRESQL:
        return True
    # The low byte is the code, the rest says more exactly why.
    return getattr(error.orig, "sqlite_errorcode", 0) & 0xFF in _SQLITE


def with_patience(
    attempt: Callable[[], None], *, revision: Callable[[], str | None], patience: Patience, tell: Tell
) -> None:
    """Repeat `attempt` while it fails for a lock; tries are counted anew once `revision` has moved on.

    Raises SchemaLocked.
    """
    tried, before = 0, revision()
    while True:
        try:
            return attempt()
        except DBAPIError as error:
            if not is_lock_wait(error):
                raise
        reached = revision()
        tried, before = tried + 1 if reached == before else 1, reached
        if tried >= patience.tries:
            raise SchemaLocked(
                f"gave up after {tried} tries: others hold locks that the upgrade needs. Nothing is half"
                f" done, {_place(reached)}. Stop web, workers and beat, end long transactions, and run"
                " `paymail db upgrade` again"
            )
        tell(
            f"waited for a lock that somebody else holds ({_place(reached)}); trying again in"
            f" {patience.pause:g} s ({tried + 1} of {patience.tries})"
        )
        time.sleep(patience.pause)


def _place(revision: str | None) -> str:
    return f"the database is at revision {revision}" if revision else "the database is still empty"
