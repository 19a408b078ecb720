"""What every command starts with: settings, logs and the App; and how failures become exit codes."""

import functools
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import NoReturn, ParamSpec

import typer

from paymail import observability, settings
from paymail.db import schema
from paymail.errors import Misconfigured, PaymailError
from paymail.settings import Settings
from paymail.wiring import App, build

OK, FAILURE, USAGE, CONFIGURATION, PARTIAL = 0, 1, 2, 3, 4
P = ParamSpec("P")


def load_settings(**overrides: object) -> Settings:
    """Read the settings and set logs up; exits 3 when they contradict each other."""
    try:
        found = settings.load(**overrides)
    except Misconfigured as error:
        fail(error, CONFIGURATION)
    observability.configure(found.log_level, as_json=found.log_json)
    return found


def open_app(*, migrate: bool = True) -> App:
    """Return the App. The embedded database migrates itself; a server's on purpose."""
    found = load_settings()
    app = build(found)
    if migrate and not found.database_url:
        schema.upgrade(app.engine)
    elif migrate:
        _refuse_old_schema(app)
    return app


def _refuse_old_schema(app: App) -> None:
    """Work on a schema that is older than this code would fail half-way, email by email."""
    found = schema.revision(app.engine)
    if found is None or found < schema.head():
        app.close()
        at = f"is at revision {found}" if found else "is missing"
        raise Misconfigured(
            f"the database schema {at}; this version needs {schema.head()}: run `paymail db upgrade`"
        )


def fail(error: PaymailError, code: int) -> NoReturn:
    """Say what is wrong on stderr and exit with `code`."""
    typer.echo(f"paymail: {error}", err=True)
    raise typer.Exit(code)


def exits(command: Callable[P, None]) -> Callable[P, None]:
    """Turn expected failures into one line on stderr and an exit code."""

    @functools.wraps(command)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            command(*args, **kwargs)
        except Misconfigured as error:
            fail(error, CONFIGURATION)
        except PaymailError as error:
            fail(error, FAILURE)
        except BrokenPipeError:
            # The reader (`head`) has enough; Python would complain again while closing stdout.
            with suppress(OSError):
                sys.stdout.close()
            raise typer.Exit(FAILURE) from None

    return wrapped
