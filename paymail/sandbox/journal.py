"""The journal of API requests, for tests that check every outgoing request."""

from __future__ import annotations

import threading
from collections import deque
from typing import Any

from paymail.sandbox.errors import Json

_KEPT = 10_000
# Even made-up numbers are kept out of what people paste into reports.
_HIDDEN = frozenset(("number", "cvc", "account_number", "client_secret"))


def redacted(value: Any) -> Any:
    """Return parameters without card data and client secrets."""
    if isinstance(value, dict):
        return {key: "[hidden]" if key in _HIDDEN else redacted(inner) for key, inner in value.items()}
    return value


class Journal:
    """The latest requests, the oldest first."""

    def __init__(self) -> None:
        """Start empty."""
        self._entries: deque[Json] = deque(maxlen=_KEPT)
        self._lock = threading.Lock()

    def add(self, entry: Json) -> Json:
        """Keep an entry; its status is filled in when the answer is known."""
        with self._lock:
            self._entries.append(entry)
        return entry

    def listed(self) -> list[Json]:
        """Return a copy of all entries."""
        with self._lock:
            return [dict(entry) for entry in self._entries]

    def clear(self) -> None:
        """Forget all entries."""
        with self._lock:
            self._entries.clear()
