"""Engines, transactions and column types for SQLite and PostgreSQL; `schema` runs the migrations."""

from paymail.db.engines import READ_ONLY, make_engine
from paymail.db.transactions import (
    after_commit,
    insert_all_once,
    insert_once,
    reading,
    take_time,
    take_turns,
    transaction,
)
from paymail.db.types import ExactDecimal, UtcDateTime

__all__ = [
    "READ_ONLY",
    "ExactDecimal",
    "UtcDateTime",
    "after_commit",
    "insert_all_once",
    "insert_once",
    "make_engine",
    "reading",
    "take_time",
    "take_turns",
    "transaction",
]
