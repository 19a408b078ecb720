"""What every command starts with: settings, logs and the App; and how failures become exit codes."""

import functools
import getpass
import sys
from collections.abc import Callable
from contextlib import suppress
from contextvars import ContextVar
from typing import NoReturn, ParamSpec

import typer

from paymail import observability, request_ids, settings
from paymail.cli import database_choice, expected_failures
from paymail.clock import new_id
from paymail.db import schema
from paymail.db.schema import SchemaState
from paymail.errors import Misconfigured, PaymailError
from paymail.services.access.asking import Asking
from paymail.services.access.audit import Door
from paymail.settings import Settings
from paymail.wiring import App, build

OK, FAILURE, USAGE, CONFIGURATION, PARTIAL = 0, 1, 2, 3, 4
P = ParamSpec("P")
BY_ITSELF = ("beat", "tick", "up", "web", "worker")
"""Commands that do what paymail does by itself: no acts of a person."""
_COMMAND: ContextVar[str] = ContextVar("command", default="")


def load_settings(**overrides: object) -> Settings:
    """Read the settings and set logs up; exits 3 when they contradict each other."""
    try:
        found = settings.load(**overrides)
    except Misconfigured as error:
        fail(error, CONFIGURATION)
    observability.configure(found.log_level, as_json=found.log_json)
    return found


def open_app(*, migrate: bool = True, new_database: bool = False) -> App:
    """Return the App. The embedded database migrates itself; a server's on purpose.

    Unless `new_database`, raises NoDatabase rather than create one that nobody asked for.
    """
    found = load_settings()
    if not new_database:
        database_choice.refuse_a_new_one(found)
    app = build(found)
    database_choice.show_if_asked(found)
    if migrate and not found.database_url:
        schema.upgrade(app.engine, tell=say)
    elif migrate:
        _refuse_old_schema(app)
    return app.asked_by(_asking()) if migrate else app


def _asking() -> Asking:
    """Return who works at the command line, for the audit log."""
    act = _COMMAND.get()
    if act.partition(" ")[0] in ("", *BY_ITSELF):
        return Asking()
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a container without a passwd entry
        user = "unknown user"
    actors = frozenset({"cli", "command line", "import"})
    return Asking(who=f"{user} (command line)", actors=actors, door=Door.CLI, act=act)


def _refuse_old_schema(app: App) -> None:
    """Work on a schema that is older than this code would fail half-way, email by email."""
    if schema.state(app.engine) in (SchemaState.MISSING, SchemaState.OUTDATED):
        found = schema.revision(app.engine)
        app.close()
        at = f"is at revision {found}" if found else "is missing"
        raise Misconfigured(
            f"the database schema {at}; this version needs {schema.head()}: run `paymail db upgrade`"
        )


def say(line: str) -> None:
    """Say on stderr what is going on, and go on."""
    typer.echo(f"paymail: {line}", err=True)


def fail(error: PaymailError | str, code: int) -> NoReturn:
    """Say what is wrong on stderr and exit with `code`."""
    typer.echo(f"paymail: {error}", err=True)
    raise typer.Exit(code)


def exits(command: Callable[P, None]) -> Callable[P, None]:
    """Give a command an id for its log lines; turn expected failures into one line and an exit code."""

    act = f"{command.__module__.rpartition('.')[2]} {command.__name__.strip('_').replace('_', '-')}"

    @functools.wraps(command)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            _COMMAND.set(act)
            with request_ids.bound(new_id()):
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
        except Exception as error:
            if (line := expected_failures.line_of(error)) is None:
                raise
            fail(line, FAILURE)

    return wrapped
