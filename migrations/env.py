"""Alembic's entry. The engine is handed over by `paymail.db.schema`; there is no alembic.ini to drift."""

import time

from alembic import context
from sqlalchemy import Connection, Engine, text

from paymail.db.lock_waits import ANOTHER_UPGRADE, LOCK_SECONDS, Tell
from paymail.models import Base

# Two hosts may deploy at once; the second waits and then finds nothing to do. The number is arbitrary.
ADVISORY_LOCK = 7241869


def run(connection: Connection, tell: Tell) -> None:
    if connection.dialect.name == "postgresql":
        prepare(connection, tell)
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=connection.dialect.name == "sqlite",
        transaction_per_migration=True,
        compare_type=True,
    )
    with context.begin_transaction():
        context.run_migrations()


def prepare(connection: Connection, tell: Tell) -> None:
    # The application's time-outs would end a long backfill.
    connection.execute(text("SET statement_timeout = 0"))
    connection.execute(text("SET idle_in_transaction_session_timeout = 0"))
    connection.execute(text(f"SET lock_timeout = '{LOCK_SECONDS}s'"))
    connection.commit()
    told = False
    # Held by the session, so it outlives the transactions of the migrations. Asked for again and again: who
    # waits inside a statement has a snapshot, which the other's concurrent index would wait for.
    while not connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": ADVISORY_LOCK}):
        connection.commit()
        if not told:
            tell(ANOTHER_UPGRADE)
            told = True
        time.sleep(0.5)
    connection.commit()


def run_on_postgresql(connection: Connection, tell: Tell) -> None:
    try:
        run(connection, tell)
    finally:
        # The session's settings and its lock must not return to the pool.
        connection.invalidate()


def run_on_sqlite(connection: Connection, tell: Tell) -> None:
    # Through the driver: SQLAlchemy would begin a transaction first, and wait for that.
    driver = connection.connection.dbapi_connection
    (before,) = driver.execute("PRAGMA busy_timeout").fetchone()
    driver.execute(f"PRAGMA busy_timeout = {LOCK_SECONDS * 1000}")
    try:
        run(connection, tell)
    finally:
        connection.rollback()
        driver.execute("PRAGMA foreign_keys = ON")
        driver.execute(f"PRAGMA busy_timeout = {before}")


def silent(_line: str) -> None:
    """Nobody listens."""


engine: Engine = context.config.attributes["engine"]
with engine.connect() as connection:
    chosen = run_on_postgresql if connection.dialect.name == "postgresql" else run_on_sqlite
    chosen(connection, context.config.attributes.get("tell", silent))
