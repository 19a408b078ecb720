"""Connections to a host's database, and its errors in our words, without a secret in them."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import errors
from psycopg.conninfo import conninfo_to_dict

from paymail.errors import Misconfigured
from paymail.observability import one_line, scrub
from paymail.ports.host_database import HostUnavailable, HostViewUnusable

Connection = psycopg.Connection[tuple[Any, ...]]
CONNECT_SECONDS = 5
_ENDED = (errors.IdleInTransactionSessionTimeout, errors.TransactionTimeout)
"""The server has ended a transaction that took too long, which the driver does not count as operational."""
VARIABLE = "PAYMAIL_HOST_DATABASE_URL"


def parts_of(url: str) -> dict[str, str]:
    """Return the parts of an address. Raises Misconfigured, without quoting it: it holds a password."""
    try:
        found = {name: str(value) for name, value in conninfo_to_dict(url).items() if value}
    except psycopg.ProgrammingError:
        found = {}
    # With an @ there, they are the end of a password that was taken apart.
    if not found or any("@" in found.get(name, "") for name in ("host", "port", "dbname")):
        raise Misconfigured(
            f"{VARIABLE}: not an address such as postgresql://user:password@host/name;"
            " percent-encode special characters in the password"
        )
    return found


@contextmanager
def connected(url: str) -> Iterator[Connection]:
    """Lend a connection in autocommit mode. Raises HostUnavailable."""
    given = {"connect_timeout": CONNECT_SECONDS, "application_name": "paymail sync", **parts_of(url)}
    with translated():
        # Prepared statements do not outlive a transaction behind some poolers.
        connection = psycopg.connect(**given, autocommit=True, prepare_threshold=None)  # type: ignore[arg-type]
    try:
        yield connection
    finally:
        connection.close()


@contextmanager
def translated() -> Iterator[None]:
    """Turn what the driver raises into HostUnavailable and HostViewUnusable."""
    try:
        yield
    except errors.QueryCanceled as error:
        raise HostUnavailable(
            "your system's database needed too long for a query; index the columns that the view selects by,"
            f" or raise PAYMAIL_HOST_TIMEOUT_SECONDS: {words_of(error)}"
        ) from error
    except errors.InsufficientPrivilege as error:
        raise HostViewUnusable(
            f"your system's database refuses paymail's user; grant it what docs say: {words_of(error)}"
        ) from error
    except (psycopg.OperationalError, psycopg.InterfaceError, *_ENDED) as error:
        raise HostUnavailable(
            f"your system's database ({VARIABLE}) is not responding: {words_of(error)}"
        ) from error
    except psycopg.Error as error:
        raise HostViewUnusable(f"your system's database cannot show its view: {words_of(error)}") from error


def words_of(error: psycopg.Error) -> str:
    """Return what the server said as one line; a value that it quotes may be anything."""
    said = error.diag.message_primary or str(error) or type(error).__name__
    return scrub(one_line(said, 200))
