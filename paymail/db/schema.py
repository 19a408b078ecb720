"""Running Alembic from code, so that no file holds a database address.

Alembic is imported where it is needed: that takes longer than most commands, which find nothing to migrate.
"""

from typing import TYPE_CHECKING

from sqlalchemy import Engine, inspect, text

from paymail import top_folder
from paymail.db import READ_ONLY

if TYPE_CHECKING:
    from alembic.config import Config

FOLDER = top_folder("migrations")


def config(engine: Engine) -> "Config":
    """Return Alembic's configuration for `engine`."""
    from alembic.config import Config

    settings = Config()
    settings.set_main_option("script_location", str(FOLDER))
    settings.attributes["engine"] = engine
    return settings


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Bring the schema to `revision`. Safe to repeat, and to run from several hosts at once."""
    if revision == "head" and is_current(engine):
        return
    from alembic import command

    command.upgrade(config(engine), revision)


def is_current(engine: Engine) -> bool:
    """Whether the database is at the newest revision."""
    return revision(engine) == head()


def revision(engine: Engine) -> str | None:
    """Return the revision that a database is at; None without a schema. Takes no write lock."""
    with engine.execution_options(**READ_ONLY).connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        found = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return str(found) if found else None


def head() -> str:
    """Return the newest revision known to this code: its file's name begins with it."""
    return max(file.name for file in (FOLDER / "versions").glob("[0-9]*.py")).partition("_")[0]
