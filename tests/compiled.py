"""Statements that are compiled once for all engines of a test process, as they are for a server's only one.

Each test has an engine of its own, and would spend a third of its time compiling what the one before it did.
"""

from typing import Any

from sqlalchemy import Engine
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.util import LRUCache

_CACHES: dict[type, LRUCache[Any, Any]] = {}


def share() -> None:
    """From now on engines of one dialect share what they compile. Their dialects are all set up alike."""
    made = Engine.__init__

    def make(self: Engine, pool: Any, dialect: Any, *arguments: Any, **named: Any) -> None:
        made(self, pool, dialect, *arguments, **named)
        self._compiled_cache = _CACHES.setdefault(type(dialect), LRUCache(5000))

    Engine.__init__ = make  # type: ignore[method-assign]
    # A dialect is a part of the key.
    DefaultDialect.__eq__ = lambda self, other: type(self) is type(other)  # type: ignore[method-assign]
    DefaultDialect.__hash__ = lambda self: hash(type(self))  # type: ignore[method-assign]
