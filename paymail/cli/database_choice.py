"""Which database a command works on: named, found in the data folder, or made there on purpose."""

import typer
from sqlalchemy.engine import make_url

from paymail import environment
from paymail.cli import root_options
from paymail.errors import Misconfigured
from paymail.settings import Settings


class NoDatabase(Misconfigured):
    """No database is named, and there is none in the data folder."""


def refuse_a_new_one(settings: Settings) -> None:
    """Raise NoDatabase where a command would create an empty database that nobody asked for."""
    file = settings.data_dir / "paymail.db"
    if settings.database_url or settings.embedded or file.is_file():
        return
    hint = (
        f" ({environment.SYSTEM_FILE} exists, but this user cannot read it)"
        if environment.unread_system_file()
        else ""
    )
    raise NoDatabase(
        f"no database: set PAYMAIL_DATABASE_URL, or PAYMAIL_DATA_DIR to a folder with a database, "
        f"or PAYMAIL_EMBEDDED=1 to create one in {settings.data_dir.absolute()}{hint}"
    )


def show_if_asked(settings: Settings) -> None:
    """Say on stderr which database is used, without its password, if `--show-database` was given."""
    if root_options.show_database.get():
        typer.echo(f"paymail: database {address(settings)}", err=True)


def address(settings: Settings) -> str:
    """Return the database's address without its password."""
    return make_url(settings.database).render_as_string(hide_password=True)
