"""Telling a host where invoices stand: by a row of its table, or by its function."""

import json
from collections.abc import Sequence
from dataclasses import asdict, fields
from decimal import Decimal
from typing import Any

import psycopg
from psycopg import sql

from paymail.host_database.connection import Connection, translated, words_of
from paymail.ports.host_database import NUMBER, HostUpdate

NEWER = "the table has a row of this invoice whose as_of is later"
_COLUMNS = tuple(NUMBER if one.name == "number" else one.name for one in fields(HostUpdate))
_ROW = """
INSERT INTO {table} ({columns}, updated_at) VALUES ({values}, now())
ON CONFLICT ({number}) DO UPDATE SET ({columns}, updated_at) = ROW({excluded}, now())
WHERE {table}.as_of <= EXCLUDED.as_of
"""
_LIMITS = """
SELECT set_config('statement_timeout', %(timeout)s, true), set_config('lock_timeout', '10s', true),
    set_config('idle_in_transaction_session_timeout', %(timeout)s, true)
"""
_CALL = "SELECT {function}(%(event_id)s::text, %(update)s::jsonb)"


def tell(
    connection: Connection, updates: Sequence[HostUpdate], *, by: str, name: str, timeout: int
) -> dict[str, str]:
    """Tell each in a transaction of its own, so that one which is not taken stops no other.

    Return by event id why some were not. Raises HostUnavailable.
    """
    refused: dict[str, str] = {}
    statement = _statement(by, name)
    for update in updates:
        with translated():
            try:
                with connection.transaction():
                    connection.execute(_LIMITS, {"timeout": f"{timeout}s"})
                    done = connection.execute(statement, _values(by, update))
            except psycopg.Error as error:
                if connection.broken or connection.closed:
                    raise
                refused[update.event_id] = words_of(error)
            else:
                if done.rowcount == 0:
                    refused[update.event_id] = NEWER
    return refused


def _statement(by: str, name: str) -> sql.Composed:
    target = sql.Identifier(*name.split("."))
    if by == "function":
        return sql.SQL(_CALL).format(function=target)
    columns = [sql.Identifier(column) for column in _COLUMNS]
    comma = sql.SQL(", ")
    return sql.SQL(_ROW).format(
        table=target,
        columns=comma.join(columns),
        number=sql.Identifier(NUMBER),
        values=comma.join(sql.Placeholder(column) for column in _COLUMNS),
        excluded=comma.join(sql.SQL("EXCLUDED.{}").format(column) for column in columns),
    )


def _values(by: str, update: HostUpdate) -> dict[str, Any]:
    found = {NUMBER if key == "number" else key: value for key, value in asdict(update).items()}
    if by != "function":
        return found
    # Amounts as text: a JSON number may be read as a float.
    shown = {key: str(value) if isinstance(value, Decimal) else value for key, value in found.items()}
    return {"event_id": update.event_id, "update": json.dumps(shown, default=lambda at: at.isoformat())}
