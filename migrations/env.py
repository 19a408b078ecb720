"""Alembic's entry. The engine is handed over by `paymail.migrating`; there is no alembic.ini to drift."""

from alembic import context
from sqlalchemy import Connection, Engine, text

from paymail.models import Base

# Two hosts may deploy at once; the second waits and then finds nothing to do. The number is arbitrary.
ADVISORY_LOCK = 7241869


def run(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        # The application's time-outs would end the wait for another host's long backfill.
        connection.execute(text("SET statement_timeout = 0"))
        connection.execute(text("SET lock_timeout = 0"))
        # Held by the session, so it outlives the transactions of the migrations.
        connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": ADVISORY_LOCK})
        connection.execute(text("SET lock_timeout = '10s'"))
        connection.execute(text("SET idle_in_transaction_session_timeout = 0"))
        connection.commit()
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=connection.dialect.name == "sqlite",
        transaction_per_migration=True,
        compare_type=True,
    )
    with context.begin_transaction():
        context.run_migrations()


engine: Engine = context.config.attributes["engine"]
with engine.connect() as connection:
    run(connection)
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": ADVISORY_LOCK})
        connection.commit()
        # The session settings above must not return to the pool.
        connection.invalidate()
