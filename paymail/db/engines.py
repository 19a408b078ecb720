"""Engines for SQLite and PostgreSQL, with their settings for durability and locks."""

from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import ExceptionContext, make_url

READ_ONLY = {"paymail_read_only": True}
READ_ONLY_SERVER = "25006"
"""PostgreSQL's read_only_sql_transaction (PostgreSQL documentation, "PostgreSQL Error Codes")."""


def make_engine(url: str, *, pool_size: int = 5) -> Engine:
    """Return an engine with the durability and lock settings for its database (ADR 0003)."""
    if make_url(url).get_backend_name() == "sqlite":
        return _sqlite_engine(url)
    options = (
        "-c timezone=utc -c statement_timeout=30000 -c lock_timeout=10000"
        " -c idle_in_transaction_session_timeout=60000"
        # Compiling a statement that counts many conditions takes a second, running it some milliseconds.
        " -c jit=off"
    )
    engine = create_engine(
        url,
        pool_pre_ping=True,
        pool_size=pool_size,
        max_overflow=10,
        connect_args={"options": options, "connect_timeout": 5, "application_name": "paymail"},
    )
    event.listen(engine, "handle_error", _leave_standby)
    return engine


def _leave_standby(failure: ExceptionContext) -> None:
    """After a fail-over, what was the primary answers as a standby: its connections are as good as lost, and
    new ones may reach the server that took its place."""
    if getattr(failure.original_exception, "sqlstate", None) == READ_ONLY_SERVER:
        failure.is_disconnect = True


def _sqlite_engine(url: str) -> Engine:
    engine = create_engine(url, connect_args={"timeout": 30, "check_same_thread": False})

    @event.listens_for(engine, "connect")
    def set_pragmas(connection: Any, _record: object) -> None:
        # The driver must not open transactions by itself: `begin` below decides which kind.
        connection.isolation_level = None
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=30000"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # A writer takes the lock at once. A deferred one must upgrade later, which fails without waiting.
        options = connection.get_execution_options()
        if options.get("isolation_level") == "AUTOCOMMIT":
            return  # SQLAlchemy raises the event there too; migrations use it to commit in batches
        read_only = options.get("paymail_read_only", False)
        connection.exec_driver_sql("BEGIN DEFERRED" if read_only else "BEGIN IMMEDIATE")

    return engine
