"""The code of the last release goes on working on the newest schema: it is upgraded first, or rolled back."""

import subprocess
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy import Connection, Engine, inspect, select

from paymail import db
from paymail.models import Invoice, Message, Payment, Refund
from paymail.sandbox.server import SandboxServer
from tests.conftest import ROOT
from tests.migrations import released_code
from tests.migrations.released_code import KINDS, Recorded

RELEASED = released_code.read()
TYPES = dict(KINDS) | {"text": sa.String}
AT = datetime(2026, 3, 17, 1, tzinfo=UTC)


def value(name: str, column: Recorded, row: int) -> object:
    """Return what the released code may write: a text as long as it may be, and unlike another row's."""
    if column.longest:
        return column.longest
    if column.kind == "text":
        return str(row) * (column.length or 400)
    if name == "total":  # a constraint: subtotal and tax add up
        return 2 * row
    values = {"instant": AT, "decimal": Decimal("1.5"), "date": AT.date(), "bytes": b"\x00", "boolean": True}
    return values.get(column.kind, row)


def table(name: str, columns: dict[str, Recorded]) -> sa.TableClause:
    return sa.table(name, *(sa.column(n, TYPES[c.kind]()) for n, c in columns.items()))


def write_and_read(connection: Connection, row: int, *, whole: bool) -> None:
    """Insert a row of every table, read it back, and write it again."""
    for name, all_columns in RELEASED.tables.items():
        columns = {n: c for n, c in all_columns.items() if whole or not c.nullable}
        given = {n: value(n, c, row) for n, c in columns.items()}
        known = table(name, all_columns)
        connection.execute(known.insert().values(given))
        same = [known.c[n] == v for n, v in given.items() if columns[n].kind in ("text", "integer")]
        found = connection.execute(select(known).where(*same)).mappings().one()
        assert {n: found[n] for n in given} == given, name
        connection.execute(known.update().where(*same).values(given))


def test_every_row_that_the_released_code_writes_is_taken_and_read_back(engine: Engine) -> None:
    with engine.begin() as connection:
        write_and_read(connection, 1, whole=True)
        write_and_read(connection, 2, whole=False)


def test_what_no_two_rows_may_share_is_what_the_released_code_knows(engine: Engine) -> None:
    found = inspect(engine)
    for name, known in RELEASED.unique.items():
        constraints = [sorted(one["column_names"]) for one in found.get_unique_constraints(name)]
        indexes = [
            sorted(filter(None, one["column_names"])) for one in found.get_indexes(name) if one["unique"]
        ]
        now = [*constraints, *indexes]
        assert [one for one in known if sorted(one) not in now] == [], (
            f"{name}: it relies on this to write once"
        )
        ours = set(RELEASED.tables[name])
        stricter = [one for one in now if set(one) <= ours and one not in map(sorted, known)]
        assert stricter == [], f"{name}: it would be refused rows that it may write"


def test_the_record_is_that_of_the_last_release() -> None:
    commit = released_code.commit(RELEASED)
    if commit is None:
        assert RELEASED.revision  # a clone without history: the record stands for it
        return
    listed = subprocess.run(
        ["git", "ls-tree", "--name-only", commit, "migrations/versions/"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout.split()  # fmt: skip
    newest = max(Path(file).name.partition("_")[0] for file in listed if file.endswith(".py"))
    assert newest == RELEASED.revision, "run `python -m tests.migrations.released_code` at the release"


@pytest.fixture
def released(tmp_path: Path) -> Path:
    """The tree of the last release."""
    folder = released_code.unpack(RELEASED, tmp_path / "released")
    if folder is None:
        pytest.skip("this clone lacks the commit of the last release; the record of it was checked")
    return folder


def test_the_released_code_bills_and_is_paid_on_the_newest_schema(
    engine: Engine, database_url: str, released: Path, tmp_path: Path, sandbox: SandboxServer
) -> None:
    with released_code.started(released, database_url, sandbox.url, tmp_path / "data") as process:
        _, said = process.communicate(timeout=120)
    assert process.returncode == 0, said[-2000:]
    with db.reading(engine) as session:
        invoice = session.get_one(Invoice, released_code.INVOICE)
        assert (invoice.amount_paid, invoice.amount_refunded) == (8250, 1000)
        assert [one.amount for one in session.scalars(select(Payment))] == [8250]
        assert [one.status for one in session.scalars(select(Refund))] == ["succeeded"]
        messages = session.scalars(select(Message).order_by(Message.message_id)).all()
    assert [(one.kind, one.state) for one in messages] == [
        (kind, "sent") for kind in ("invoice", "receipt", "refund")
    ]
