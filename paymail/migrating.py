"""Running Alembic from code, so that no file holds a database address."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine

FOLDER = Path(__file__).resolve().parent.parent / "migrations"


def config(engine: Engine) -> Config:
    """Return Alembic's configuration for `engine`."""
    settings = Config()
    settings.set_main_option("script_location", str(FOLDER))
    settings.attributes["engine"] = engine
    return settings


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Bring the schema to `revision`. Safe to repeat, and to run from several hosts at once."""
    command.upgrade(config(engine), revision)


def is_current(engine: Engine) -> bool:
    """Whether the database is at the newest revision."""
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision() == head(engine)


def head(engine: Engine) -> str | None:
    """Return the newest revision known to this code."""
    return ScriptDirectory.from_config(config(engine)).get_current_head()
