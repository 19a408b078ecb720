"""Which columns a view has, and whether they are of types that can be read exactly."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from psycopg import sql

from paymail.host_database.connection import Connection
from paymail.ports.host_database import CHANGED, NUMBER, Columns, HostViewUnusable

NUMBER_TYPES = ("smallint", "integer", "bigint", "numeric", "text", "character varying", "character", "uuid")
UNREADABLE = ("bytea", "money", "boolean", "record", "xml", "interval")
"""As text they would be locale's, binary or nothing that a column of an invoice can mean."""
_EXISTS = "SELECT to_regclass(%s) IS NOT NULL"
_TYPES = """
SELECT attname, format_type(CASE WHEN typtype = 'd' THEN typbasetype ELSE pg_type.oid END, NULL)
FROM pg_attribute JOIN pg_type ON pg_type.oid = atttypid
WHERE attrelid = to_regclass(%s) AND attnum > 0 AND NOT attisdropped
"""


@dataclass(frozen=True, slots=True)
class View:
    """A view that was checked."""

    name: str
    columns: tuple[str, ...]
    """Those of ours that it has."""
    number_type: str

    @property
    def identifier(self) -> sql.Identifier:
        """Its name for a statement."""
        return sql.Identifier(*self.name.split("."))


def check_view(connection: Connection, name: str, columns: Columns) -> View:
    """Look at the view's columns. Raises HostViewUnusable, which names every column and what to do."""
    if connection.execute(_EXISTS, (name,)).fetchone() != (True,):
        raise HostViewUnusable(
            f"your system's database has no view {name} that paymail's user can see; create it, grant USAGE"
            " on its schema and SELECT on it, or set PAYMAIL_HOST_VIEW"
        )
    found = {str(column): str(kind) for column, kind in connection.execute(_TYPES, (name,))}
    wrong = _faults(found, columns)
    if wrong:
        raise HostViewUnusable(f"the view {name} cannot be read: {'; '.join(wrong)}")
    names = tuple(one for one in (*columns.required, *columns.optional) if one in found)
    # Without a length, `character` would be one of them.
    kind = "bpchar" if found[NUMBER] == "character" else found[NUMBER]
    return View(name, names, kind)


def _faults(found: Mapping[str, str], columns: Columns) -> Sequence[str]:
    needed = (*columns.required, CHANGED)
    wrong = [f"it has no column {name}; add it" for name in needed if name not in found]
    kind = found.get(CHANGED, "timestamp with time zone")
    if kind != "timestamp with time zone":
        wrong.append(
            f"column {CHANGED} is {kind}; make it timestamptz, the time of the invoice's last change"
            + (f": {CHANGED} AT TIME ZONE 'UTC', if it is in UTC" if kind.startswith("timestamp") else "")
        )
    kind = found.get(NUMBER, "text")
    if kind not in NUMBER_TYPES:
        wrong.append(f"column {NUMBER} is {kind}; cast it to text")
    for name in (*columns.required, *columns.optional):
        kind = found.get(name, "text")
        if kind in UNREADABLE or kind.endswith("[]"):
            wrong.append(f"column {name} is {kind}; cast it to {'numeric' if kind == 'money' else 'text'}")
    return wrong
