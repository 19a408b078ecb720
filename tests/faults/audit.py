"""An independent witness: database triggers that write down every change of state, in order.

A row's number is drawn while its transaction holds the row locks that it needed. Settlement holds the
invoice FOR UPDATE and the hand-over reads it FOR SHARE, so for these two the order of the numbers is the
order of the transactions. On PostgreSQL the commit times are taken from the server
(`track_commit_timestamp`), so the order holds even for code that forgets a lock. SQLite has one writer at a
time, so there the numbers are the order of the commits.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Engine, text

STATUSES = {
    "messages": ("message_id", "state", "NEW.kind", "NEW.fence"),
    "invoices": ("invoice_id", "payment_status", "''", "0"),
    "payment_attempts": ("attempt_id", "status", "''", "0"),
}
"""Table: its key, its status column, and what to note as kind and fence."""
_COLUMNS = "what, row_id, invoice_id, kind, old, new, fence"


@dataclass(frozen=True, slots=True)
class Change:
    """One change of state; `old` is empty for a new row. For payments, `new` is the balance left."""

    what: str
    row: int
    invoice: int
    kind: str
    old: str
    new: str
    fence: int


def install(engine: Engine) -> None:
    """Create the table and the triggers."""
    server = engine.dialect.name == "postgresql"
    with engine.begin() as connection:
        for statement in _postgresql() if server else _sqlite():
            connection.exec_driver_sql(statement)


def changes(engine: Engine) -> Sequence[Change]:
    """Return all changes, by commit."""
    server = engine.dialect.name == "postgresql"
    order = "pg_xact_commit_timestamp(xmin), seq" if server else "seq"
    with engine.connect() as connection:
        rows = connection.execute(text(f"SELECT {_COLUMNS} FROM faults_audit ORDER BY {order}"))
        return [Change(*row) for row in rows]


def _sqlite() -> list[str]:
    statements = [_table("INTEGER PRIMARY KEY AUTOINCREMENT")]
    for name, event, table, statement in _triggers():
        statements.append(f"CREATE TRIGGER {name} AFTER {event} ON {table} BEGIN {statement}; END")
    return statements


def _postgresql() -> list[str]:
    statements = [_table("BIGSERIAL PRIMARY KEY")]
    for name, event, table, statement in _triggers():
        body = f"BEGIN {statement}; RETURN NULL; END"
        statements.append(f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$")
        each = f"FOR EACH ROW EXECUTE FUNCTION {name}()"
        statements.append(f"CREATE TRIGGER {name} AFTER {event} ON {table} {each}")
    return statements


def _table(seq: str) -> str:
    columns = "what TEXT, row_id BIGINT, invoice_id BIGINT, kind TEXT, old TEXT, new TEXT, fence INTEGER"
    return f"CREATE TABLE faults_audit (seq {seq}, {columns})"


def _triggers() -> Iterator[tuple[str, str, str, str]]:
    """Yield each trigger's name, event, table and statement."""
    yield "faults_new_payments", "INSERT", "payments", _insert_payment()
    for table, (_key, status, _kind, _fence) in STATUSES.items():
        yield f"faults_new_{table}", "INSERT", table, _insert_status(table, old="''")
        moved = _insert_status(table, old=f"OLD.{status}")
        yield f"faults_moved_{table}", f"UPDATE OF {status}", table, moved


def _insert_payment() -> str:
    values = "'payments', NEW.payment_id, NEW.invoice_id, '', '', CAST(NEW.balance_after AS TEXT), 0"
    return f"INSERT INTO faults_audit ({_COLUMNS}) VALUES ({values})"


def _insert_status(table: str, *, old: str) -> str:
    key, status, kind, fence = STATUSES[table]
    values = f"'{table}', NEW.{key}, NEW.invoice_id, {kind}, {old}, NEW.{status}, {fence}"
    return f"INSERT INTO faults_audit ({_COLUMNS}) VALUES ({values})"
