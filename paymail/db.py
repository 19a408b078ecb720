"""Engines and transactions for SQLite and PostgreSQL, and the column types both agree on."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, DateTime, Engine, String, create_engine, event
from sqlalchemy import inspect as sql_inspect
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Dialect, make_url
from sqlalchemy.orm import Session
from sqlalchemy.types import TypeDecorator

READ_ONLY = {"paymail_read_only": True}


class UtcDateTime(TypeDecorator[datetime]):
    """An instant. Aware in Python, always UTC; naive values are refused: a zone would be a guess."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Store as UTC; SQLite keeps text, so the offset is dropped there and order stays lexical."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("naive datetime given to the database")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give back an aware UTC datetime."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class ExactDecimal(TypeDecorator[Decimal]):
    """A decimal kept as the text it came in (`32.9000` stays so) on both databases; never used in sums."""

    impl = String(32)
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> str | None:
        """Store plain notation."""
        return None if value is None else format(value, "f")

    def process_result_value(self, value: str | None, dialect: Dialect) -> Decimal | None:
        """Give back the same decimals."""
        return None if value is None else Decimal(value)


def make_engine(url: str, *, pool_size: int = 5) -> Engine:
    """Return an engine with the durability and lock settings of DESIGN §9 for its database."""
    if make_url(url).get_backend_name() == "sqlite":
        return _sqlite_engine(url)
    options = (
        "-c timezone=utc -c statement_timeout=30000 -c lock_timeout=10000"
        " -c idle_in_transaction_session_timeout=60000"
    )
    return create_engine(
        url,
        pool_pre_ping=True,
        pool_size=pool_size,
        max_overflow=10,
        connect_args={"options": options, "connect_timeout": 5, "application_name": "paymail"},
    )


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


@contextmanager
def transaction(engine: Engine) -> Iterator[Session]:
    """One transaction: committed at the end of the block, rolled back if it raises."""
    with Session(engine, expire_on_commit=False) as session, session.begin():
        yield session


@contextmanager
def reading(engine: Engine) -> Iterator[Session]:
    """A transaction for queries only; it takes no write lock on SQLite and is always rolled back."""
    with Session(engine.execution_options(**READ_ONLY), expire_on_commit=False) as session:
        yield session
        # Before the rollback, which would expire the rows; pages read them after this block.
        session.expunge_all()
        session.rollback()


def insert_once(session: Session, table: type[Any], values: dict[str, Any]) -> bool:
    """Insert a row unless a UNIQUE constraint has it already; say whether it was inserted.

    Unlike catching IntegrityError this leaves the transaction usable, and on PostgreSQL it waits for a
    concurrent insert of the same key to commit or roll back, so the answer is true when it is given.
    """
    dialect = session.get_bind().dialect.name
    insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
    key = next(iter(sql_inspect(table).primary_key))
    statement = insert(table).values(**values).on_conflict_do_nothing().returning(key)
    return session.scalar(statement) is not None
