"""Building an index in a migration while others go on writing."""

from collections.abc import Sequence
from typing import Any

from alembic import op
from sqlalchemy import Connection, text

from paymail.db.lock_waits import INDEX_LOCK_SECONDS, LOCK_SECONDS


def build_index(
    name: str, table: str, columns: Sequence[Any], *, unique: bool = False, where: str | None = None
) -> None:
    """Build an index on a table that is there already; without one of its name, or with a broken one.

    Columns are names, or texts of expressions. On PostgreSQL writers go on meanwhile. What comes before it in
    the same migration is committed, so it stands in a migration of its own: if that is stopped anywhere,
    running it again is safe.
    """
    condition = text(where) if where else None
    if op.get_bind().dialect.name != "postgresql":
        op.create_index(name, table, list(columns), unique=unique, sqlite_where=condition)
        return
    with op.get_context().autocommit_block():
        connection = op.get_bind()
        connection.execute(text(f"SET lock_timeout = '{INDEX_LOCK_SECONDS}s'"))
        state = _is_valid(connection, name)
        if state is False:
            # Left by a build that was stopped: no query uses it, and every write maintains it.
            op.drop_index(name, table, postgresql_concurrently=True)
        if not state:
            op.create_index(
                name,
                table,
                list(columns),
                unique=unique,
                postgresql_where=condition,
                postgresql_concurrently=True,
            )
        connection.execute(text(f"SET lock_timeout = '{LOCK_SECONDS}s'"))


def drop_index(name: str, table: str) -> None:
    """Drop an index if it is there; on PostgreSQL without blocking writers."""
    if op.get_bind().dialect.name != "postgresql":
        op.drop_index(name, table)
        return
    with op.get_context().autocommit_block():
        op.drop_index(name, table, postgresql_concurrently=True, if_exists=True)


def _is_valid(connection: Connection, name: str) -> bool | None:
    """Whether the index can be used; None if there is none (PostgreSQL documentation, "pg_index")."""
    found: bool | None = connection.scalar(
        text("SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass(:name)"), {"name": name}
    )
    return found
