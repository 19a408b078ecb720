"""Where the sandbox keeps its objects: SQLite, in a file or in memory."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from paymail.sandbox.errors import Json

_SCHEMA = """
CREATE TABLE IF NOT EXISTS objects (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    account TEXT NOT NULL,
    label TEXT NOT NULL,
    created INTEGER NOT NULL,
    body TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS idx_objects_kind ON objects (kind, account, label, seq);
CREATE TABLE IF NOT EXISTS answers (
    account TEXT NOT NULL,
    key TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    status INTEGER NOT NULL,
    body TEXT NOT NULL,
    request_id TEXT NOT NULL,
    PRIMARY KEY (account, key)
);
"""


@dataclass(frozen=True)
class SavedAnswer:
    """What was answered to the first request with an idempotency key."""

    fingerprint: str
    status: int
    body: Json
    request_id: str


@dataclass(frozen=True)
class Window:
    """Which part of a listing is wanted; `labels` empty means all."""

    limit: int | None = None
    after: str | None = None
    before: str | None = None
    labels: Sequence[str] = ()
    since: int = 0
    until: int = 2**62


class Store:
    """Objects by id and answers by idempotency key; one transaction at a time."""

    def __init__(self, path: Path | None) -> None:
        """Open or create the file; None keeps everything in memory."""
        self._lock = threading.RLock()
        self._database = sqlite3.connect(
            str(path) if path else ":memory:", check_same_thread=False, isolation_level=None
        )
        self._database.execute("PRAGMA journal_mode=WAL")
        self._database.execute("PRAGMA busy_timeout=5000")
        self._database.executescript(_SCHEMA)

    def close(self) -> None:
        """Close the file once no transaction is running."""
        with self._lock:
            self._database.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit what the block wrote, or nothing of it."""
        with self._lock:
            self._database.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._database.execute("ROLLBACK")
                raise
            self._database.execute("COMMIT")

    def insert(self, account: str, body: Json, label: str = "") -> None:
        """Keep a new object; its kind is its `object` field."""
        created = body["created"] if "created" in body else body["_created"]
        row = (body["id"], body["object"], account, label, created, json.dumps(body))
        self._database.execute(
            "INSERT INTO objects (id, kind, account, label, created, body) VALUES (?,?,?,?,?,?)", row
        )

    def save(self, body: Json) -> None:
        """Replace an object that was inserted before."""
        self._database.execute("UPDATE objects SET body = ? WHERE id = ?", (json.dumps(body), body["id"]))

    def get(self, kind: str, object_id: str, account: str | None = None) -> Json | None:
        """Return one object of an account; None for the account means anybody's."""
        found = self.find(kind, object_id)
        return found[1] if found and account in (None, found[0]) else None

    def find(self, kind: str, object_id: str) -> tuple[str, Json] | None:
        """Return the owner and the object, whoever owns it."""
        with self._lock:
            row = self._database.execute(
                "SELECT account, body FROM objects WHERE kind = ? AND id = ?", (kind, object_id)
            ).fetchone()
        return (row[0], json.loads(row[1])) if row else None

    def newest(self, kind: str, account: str | None, window: Window = Window()) -> list[Json]:
        """Return objects, the newest first; with `before`, those nearest to it."""
        forward = window.before is not None
        where = ["kind = ?", "created >= ?", "created <= ?"]
        values: list[object] = [kind, window.since, window.until]
        if account is not None:
            where.append("account = ?")
            values.append(account)
        if window.labels:
            where.append(f"label IN ({','.join('?' * len(window.labels))})")
            values.extend(window.labels)
        for sign, anchor in (("<", window.after), (">", window.before)):
            if anchor is not None:
                where.append(f"seq {sign} (SELECT seq FROM objects WHERE id = ?)")  # noqa: S608 - two signs
                values.append(anchor)
        order = "ASC" if forward else "DESC"
        query = f"SELECT body FROM objects WHERE {' AND '.join(where)} ORDER BY seq {order} LIMIT ?"  # noqa: S608 - fixed words
        values.append(-1 if window.limit is None else window.limit)
        with self._lock:
            rows = self._database.execute(query, values).fetchall()
        return [json.loads(row[0]) for row in rows]

    def owners(self, kind: str) -> list[tuple[str, Json]]:
        """Return every object of a kind with its account, the oldest first."""
        with self._lock:
            rows = self._database.execute(
                "SELECT account, body FROM objects WHERE kind = ? ORDER BY seq", (kind,)
            ).fetchall()
        return [(row[0], json.loads(row[1])) for row in rows]

    def recall(self, account: str, key: str) -> SavedAnswer | None:
        """Return the answer kept for an idempotency key."""
        row = self._database.execute(
            "SELECT fingerprint, status, body, request_id FROM answers WHERE account = ? AND key = ?",
            (account, key),
        ).fetchone()
        return SavedAnswer(row[0], row[1], json.loads(row[2]), row[3]) if row else None

    def remember(self, account: str, key: str, answer: SavedAnswer) -> None:
        """Keep the answer of the first request with this key."""
        row = (account, key, answer.fingerprint, answer.status, json.dumps(answer.body), answer.request_id)
        self._database.execute("INSERT OR IGNORE INTO answers VALUES (?,?,?,?,?,?)", row)
