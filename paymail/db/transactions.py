"""Transactions: one block, one commit."""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from sqlalchemy import Engine, event, text
from sqlalchemy import inspect as sql_inspect
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import InstrumentedAttribute, Session, SessionTransaction

from paymail.db.engines import READ_ONLY

log = logging.getLogger(__name__)
_ACTS = "paymail_after_commit"
K = TypeVar("K")
V = TypeVar("V")


@contextmanager
def transaction(engine: Engine) -> Iterator[Session]:
    """One transaction: committed at the end of the block, rolled back if it raises."""
    with Session(engine, expire_on_commit=False) as session:
        event.listen(session, "after_soft_rollback", _forget_rolled_back)
        with session.begin():
            yield session
    for _savepoint, act in session.info.pop(_ACTS, []):
        try:
            act()
        except Exception:
            # What was committed is committed: neither the caller nor the other acts must take it for failed.
            log.exception("what should follow a commit failed")


@contextmanager
def reading(engine: Engine) -> Iterator[Session]:
    """A transaction for queries only; it takes no write lock on SQLite and is always rolled back."""
    with Session(engine.execution_options(**READ_ONLY), expire_on_commit=False) as session:
        yield session
        # Before the rollback, which would expire the rows; pages read them after this block.
        session.expunge_all()
        session.rollback()


def after_commit(session: Session, act: Callable[[], None]) -> None:
    """Call `act` when `transaction` has committed, and never when it, or a savepoint around this call, is
    rolled back. What `act` raises is logged only."""
    session.info.setdefault(_ACTS, []).append((session.get_nested_transaction(), act))


def _forget_rolled_back(session: Session, rolled_back: SessionTransaction) -> None:
    acts = session.info.get(_ACTS, [])
    acts[:] = [one for one in acts if not _is_within(one[0], rolled_back)]


def _is_within(savepoint: SessionTransaction | None, outer: SessionTransaction) -> bool:
    while savepoint is not None and savepoint is not outer:
        savepoint = savepoint.parent
    return savepoint is outer


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


def insert_all_once(
    session: Session,
    table: type[Any],
    rows: Sequence[dict[str, Any]],
    *,
    key: InstrumentedAttribute[K],
    returning: InstrumentedAttribute[V],
) -> dict[K, V]:
    """Insert rows, all of the same columns, but for those that a UNIQUE constraint has already.

    Return `returning` of each inserted row by its `key`. It waits as `insert_once` does. A thousand rows are
    one statement.
    """
    if not rows:
        return {}
    session.flush()
    dialect = session.get_bind().dialect.name
    insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
    statement = insert(sql_inspect(table).local_table).on_conflict_do_nothing().returning(key, returning)
    return dict(session.execute(statement, list(rows)).all())


def take_turns(session: Session, key: int) -> None:
    """Wait until no other transaction has the turn `key`, and have it until this one ends.

    Nothing to do on SQLite, where one transaction writes at a time.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": key})


def take_time(session: Session) -> None:
    """Let the statements of this transaction run for longer than others may. Locks are waited for as ever.

    Nothing to do on SQLite, where no statement has a limit.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SET LOCAL statement_timeout = 0"))
