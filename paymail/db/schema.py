"""Running Alembic from code, so that no file holds a database address.

Alembic is imported where it is needed: that takes longer than most commands, which find nothing to migrate.
"""

from contextlib import AbstractContextManager, nullcontext
from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy import Engine, inspect, text

from paymail import top_folder
from paymail.db import READ_ONLY, run_locks
from paymail.db.lock_waits import ANOTHER_UPGRADE, Patience, Tell, with_patience

if TYPE_CHECKING:
    from alembic.config import Config

FOLDER = top_folder("migrations")


class SchemaState(StrEnum):
    """The schema of a database, beside the one that this code was written for."""

    MISSING = "missing"
    """The database has no tables of ours."""
    OUTDATED = "outdated"
    """Older: `paymail db upgrade` has not been run since the code was updated."""
    CURRENT = "current"
    NEWER = "newer"
    """A newer release has upgraded it, and this process is still of the one before."""


def config(engine: Engine) -> "Config":
    """Return Alembic's configuration for `engine`."""
    from alembic.config import Config

    settings = Config()
    settings.set_main_option("script_location", str(FOLDER))
    settings.attributes["engine"] = engine
    return settings


def upgrade(
    engine: Engine,
    target: str = "head",
    *,
    tell: Tell = lambda _line: None,
    patience: Patience = Patience(),
) -> None:
    """Bring the schema to revision `target`. Safe to repeat, and to run from several hosts at once.

    Each migration that cannot get a lock is tried again, with a line to `tell`. Raises SchemaLocked.
    """
    if target == "head" and is_current(engine):
        return
    from alembic import command

    settings = config(engine)
    settings.attributes["tell"] = tell
    with _turn(engine, tell):
        if target == "head" and is_current(engine):
            return  # the one that was waited for has done it
        with_patience(
            lambda: command.upgrade(settings, target),
            revision=lambda: revision(engine),
            patience=patience,
            tell=tell,
        )


def _turn(engine: Engine, tell: Tell) -> AbstractContextManager[None]:
    """Wait for another upgrade of an SQLite database: SQLite's own lock is let go within a migration that
    commits in parts. PostgreSQL has a lock for it (migrations/env.py)."""
    if engine.dialect.name != "sqlite":
        return nullcontext()
    return run_locks.in_turn(engine, name="db upgrade", tell=tell, waits=ANOTHER_UPGRADE)


def is_current(engine: Engine) -> bool:
    """Whether the database is at the newest revision."""
    return revision(engine) == head()


def state(engine: Engine) -> SchemaState:
    """Return how the database's schema relates to this code. Raises SQLAlchemyError if it is away."""
    found, known = revision(engine), revisions()
    if found is None:
        return SchemaState.MISSING
    if found == max(known):
        return SchemaState.CURRENT
    # A revision that this code has no file of was written after it.
    return SchemaState.OUTDATED if found in known else SchemaState.NEWER


def revision(engine: Engine) -> str | None:
    """Return the revision that a database is at; None without a schema. Takes no write lock."""
    with engine.execution_options(**READ_ONLY).connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        found = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return str(found) if found else None


def revisions() -> set[str]:
    """Return the revisions known to this code: their files' names begin with them."""
    return {file.name.partition("_")[0] for file in (FOLDER / "versions").glob("[0-9]*.py")}


def head() -> str:
    """Return the newest revision known to this code."""
    return max(revisions())
