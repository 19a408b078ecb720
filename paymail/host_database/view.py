"""Reading a host's view: pages of whole invoices, each value as text, bounded by the query itself."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from psycopg import IsolationLevel, sql

from paymail.host_database.columns import View
from paymail.host_database.connection import Connection, translated
from paymail.ports.host_database import CHANGED, NUMBER, Place, ShownAmounts, ShownInvoice

LONGEST_NUMBER = 200
LONGEST_VALUE = 40_000
"""Characters of one value; longer ones are cut, and refused by the check of their column."""
MOST_ROWS = 10_000
MOST_CHARACTERS = 5_000_000
"""Of one invoice."""
_NUMERAL = re.compile(r"-?\d{1,18}(\.\d{1,9})?", re.ASCII)
_NAMELESS = "SELECT 1 FROM {view} WHERE {number} IS NULL LIMIT 1"
_BEGAN = """
SELECT CASE WHEN NOT pg_is_in_recovery() THEN clock_timestamp()
    ELSE least(clock_timestamp(), coalesce(pg_last_xact_replay_timestamp(), 'epoch')) END
"""
"""A replica may not have what was committed before its clock's time."""
_PAGE = """
SELECT number, changed FROM (
    SELECT left(coalesce({number}::text, ''), {longest}) COLLATE "C" AS number,
        least(greatest(coalesce(max({changed}), %(began)s), 'epoch'), %(began)s) AS changed
    FROM {view} WHERE {changed} IS NULL OR {changed} >= %(since)s GROUP BY 1
) AS found
WHERE (changed, number) > (%(after)s, %(number)s)
ORDER BY changed, number LIMIT %(size)s
"""
_ROWS = """
SELECT * FROM (
    SELECT row_number() OVER (PARTITION BY {number}) AS nth, left({number}::text, {longest}), {values}
    FROM {view} WHERE {number} = ANY(%(numbers)s::{type}[])
) AS found
WHERE nth <= {most} ORDER BY 2
"""
_AMOUNTS = """
SELECT left({number}::text, {longest}), min(left(currency::text, 10)), min(left(status::text, 20)),
    min(left(total::text, 40)), min(left(amount_paid::text, 40))
FROM {view} WHERE {number} IS NOT NULL GROUP BY {number}
"""


class PostgresqlReading:
    """An open view. Every query is one short transaction that can only read."""

    def __init__(self, connection: Connection, view: View, *, zone: str, timeout: int) -> None:
        self._connection, self._view, self._zone, self._timeout = connection, view, zone, timeout
        connection.isolation_level, connection.read_only = IsolationLevel.REPEATABLE_READ, True
        with self._transaction():
            (began,) = connection.execute(_BEGAN).fetchone() or (None,)
        assert isinstance(began, datetime)  # noqa: S101 - the driver's type of it
        self.began = began.astimezone(UTC)

    def page(self, *, since: datetime | None, after: Place | None, size: int) -> list[ShownInvoice]:
        """Return the next invoices by the time of their last change."""
        values = {
            "began": self.began,
            "since": since or "-infinity",
            "after": after.changed if after else "-infinity",
            "number": after.number if after else "",
            "size": size,
        }
        with self._transaction():
            places = [
                Place(changed.astimezone(UTC), number)
                for number, changed in self._connection.execute(self._statement(_PAGE), values)
            ]
            rows = self._rows([place.number for place in places if place.number])
        return [_shown(place.number, rows, place) for place in places]

    def named(self, numbers: Sequence[str]) -> list[ShownInvoice]:
        """Return those of some invoices that the view still has."""
        # Of before a change of the column's type: what cannot be a number is not there any more.
        numeric = self._view.number_type in ("smallint", "integer", "bigint", "numeric")
        possible = [one for one in numbers if one and (not numeric or _NUMERAL.fullmatch(one))]
        with self._transaction():
            rows = self._rows(possible)
            if "" in numbers and self._connection.execute(self._statement(_NAMELESS)).fetchone():
                rows[""] = []
        return [_shown(number, rows, None) for number in numbers if number in rows]

    def amounts(self) -> Iterator[ShownAmounts]:
        """Yield the amounts of every invoice."""
        with self._transaction(), self._connection.cursor("paymail_amounts") as cursor:
            cursor.execute(self._statement(_AMOUNTS))
            for row in cursor:
                yield ShownAmounts(*row)

    def _rows(self, numbers: Sequence[str]) -> dict[str, list[dict[str, str | None]] | str]:
        """Return the rows by number, or why those of an invoice are too many."""
        found: dict[str, list[dict[str, str | None]] | str] = {}
        characters: dict[str, int] = {}
        if not numbers:
            return found
        with self._connection.cursor("paymail_rows") as cursor:
            cursor.execute(self._statement(_ROWS), {"numbers": list(numbers)})
            for nth, number, *values in cursor:
                known = found.setdefault(number, [])
                if isinstance(known, str):
                    continue
                characters[number] = characters.get(number, 0) + sum(len(one or "") for one in values)
                if nth > MOST_ROWS:
                    found[number] = f"this invoice has more than {MOST_ROWS:,} rows"
                elif characters[number] > MOST_CHARACTERS:
                    found[number] = f"this invoice has more than {MOST_CHARACTERS:,} characters"
                else:
                    row = dict(zip((*self._view.columns, CHANGED), values, strict=True))
                    known.append(row)
        return found

    def _statement(self, text: str) -> sql.Composed:
        columns = (*self._view.columns, CHANGED)
        values = [sql.SQL("left({}::text, {})").format(sql.Identifier(c), LONGEST_VALUE) for c in columns]
        return sql.SQL(text).format(
            view=self._view.identifier,
            number=sql.Identifier(NUMBER),
            changed=sql.Identifier(CHANGED),
            values=sql.SQL(", ").join(values),
            type=sql.SQL(self._view.number_type),
            longest=LONGEST_NUMBER,
            most=MOST_ROWS + 1,
        )

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with translated(), self._connection.transaction():
            for name, value in (
                ("statement_timeout", f"{self._timeout}s"),
                ("idle_in_transaction_session_timeout", f"{self._timeout}s"),
                ("lock_timeout", "5s"),
                # What makes text exact and the same everywhere.
                ("DateStyle", "ISO, YMD"),
                ("TimeZone", self._zone),
                ("extra_float_digits", "1"),
            ):
                self._connection.execute("SELECT set_config(%s, %s, true)", (name, value))
            yield


def _shown(number: str, rows: dict[str, Any], place: Place | None) -> ShownInvoice:
    found = rows.get(number, [])
    if isinstance(found, str):
        return ShownInvoice(number, (), place, found)
    return ShownInvoice(number, tuple(found), place)
