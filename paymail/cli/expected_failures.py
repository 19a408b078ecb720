"""Failures that an operator can do something about: what to say in one line instead of a traceback."""

from kombu.exceptions import OperationalError as BrokerError
from redis.exceptions import RedisError
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from paymail import settings
from paymail.errors import PaymailError
from paymail.observability import one_line, scrub


def line_of(error: Exception) -> str | None:
    """Return what to tell the operator; None for a fault of the program, whose traceback is needed."""
    if isinstance(error, DBAPIError):
        return _database(error) if _is_trouble(error) else None
    if isinstance(error, PoolTimeout):
        return f"{database_in_force()}: no free connection"
    if isinstance(error, BrokerError | RedisError):
        return f"the broker (PAYMAIL_BROKER_URL) is not responding: {_plain(error)}"
    if isinstance(error, OSError):
        place = f"{one_line(str(error.filename))}: " if error.filename else ""
        return f"{place}{error.strerror or _plain(error)}"
    return None


def database_in_force() -> str:
    """Return the database's address without its password, as far as the settings can be read."""
    try:
        return f"database {make_url(settings.load().database).render_as_string(hide_password=True)}"
    except (PaymailError, ArgumentError, ValueError):
        return "database"


def _is_trouble(error: DBAPIError) -> bool:
    """Whether the database is away, busy, full or forbids something; and not one of our statements wrong."""
    return error.connection_invalidated or type(error).__name__ in (
        "OperationalError",
        "InterfaceError",
        "DatabaseError",
    )


def _database(error: DBAPIError) -> str:
    return f"{database_in_force()}: {_plain(error.orig or error)}"


def _plain(error: BaseException) -> str:
    first = (str(error).strip() or type(error).__name__).splitlines()[0]
    return scrub(one_line(first))
