"""Rows of one invoice that stand apart in the file, brought together on the disk instead of in memory."""

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing

from paymail.services.imports.fields import Row


def grouped(
    rows: Iterable[tuple[int, Row]], *, key: Callable[[Row], str], most: int
) -> Iterator[list[tuple[int, Row]]]:
    """Yield the rows of each key together, at most so many, in the order in which keys first appear."""
    # The empty name is a temporary file that SQLite removes when it is closed.
    with closing(sqlite3.connect("")) as spool:
        spool.execute("CREATE TABLE keys (place INTEGER PRIMARY KEY, key TEXT UNIQUE)")
        spool.execute("CREATE TABLE rows (line INTEGER PRIMARY KEY, place INTEGER, row TEXT)")
        for line, row in rows:
            spool.execute("INSERT OR IGNORE INTO keys (key) VALUES (?)", (key(row),))
            spool.execute(
                "INSERT INTO rows SELECT ?, place, ? FROM keys WHERE key = ?",
                (line, json.dumps(row), key(row)),
            )
        spool.execute("CREATE INDEX rows_of_key ON rows (place, line)")
        group: list[tuple[int, Row]] = []
        at = 0
        for place, line, row in spool.execute("SELECT place, line, row FROM rows ORDER BY place, line"):
            if group and place != at:
                yield group
                group = []
            at = place
            if len(group) < most:
                group.append((line, json.loads(row)))
        if group:
            yield group
