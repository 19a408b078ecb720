"""What the code of the last release reads and writes, recorded: the schema of the next must go on serving it.

`python -m tests.migrations.released_code` records it from the models of the checked-out code, at a release.
A clone without tags and history has this; where the release's commit can be reached, its code is run too.
"""

import io
import json
import os
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Column, Table

from paymail import models
from paymail.db import ExactDecimal, UtcDateTime, schema
from paymail.models.base import OpenEnum
from tests.conftest import ROOT

FILE = ROOT / "tests" / "migrations" / "released_code.json"
PASS = FILE.with_name("released_pass.py")
INVOICE = 502
"""What it bills: 82.50, of which 10.00 go back."""
KINDS: list[tuple[str, type[Any]]] = [
    ("instant", UtcDateTime),
    ("decimal", ExactDecimal),
    ("text", OpenEnum),
    ("boolean", sa.Boolean),
    ("date", sa.Date),
    ("integer", sa.Integer),
    ("text", sa.String),
    ("bytes", sa.LargeBinary),
]
"""Kinds of columns; the first that fits."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """A column as the released code knows it. `length` of a text, 0 without a bound; `longest` of states."""

    kind: str
    nullable: bool
    length: int
    longest: str


@dataclass(frozen=True, slots=True)
class Released:
    """A release: its commit if it has no tag, its revision, its tables in an order in which they can be
    filled, and the columns of each that no two rows may share."""

    commit: str
    revision: str
    tables: dict[str, dict[str, Recorded]]
    unique: dict[str, list[list[str]]]


def read() -> Released:
    """Return what was recorded at the last release."""
    found = json.loads(FILE.read_text())
    tables = {
        table: {name: Recorded(**column) for name, column in columns.items()}
        for table, columns in found["tables"].items()
    }
    return Released(found["commit"], found["revision"], tables, found["unique"])


def commit(released: Released) -> str | None:
    """Return the commit of the last release: its tag, else the recorded one; None if this clone lacks it."""
    tag = _git("describe", "--tags", "--match", "v*", "--abbrev=0")
    return _git("rev-parse", "--verify", "--quiet", f"{tag or released.commit}^{{commit}}")


def unpack(released: Released, folder: Path) -> Path | None:
    """Put the tree of the last release into `folder`; return it, or None if this clone lacks the commit."""
    found = commit(released)
    if found is None:
        return None
    packed = subprocess.run(["git", "archive", found], cwd=ROOT, capture_output=True, check=True).stdout
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        archive.extractall(folder, filter="data")
    return folder


@contextmanager
def started(code: Path, database_url: str, sandbox_url: str, data: Path) -> Iterator[subprocess.Popen[str]]:
    """Run `released_pass.py` by the code in the folder `code`; the process is gone after the block."""
    given = {"DATABASE_URL": database_url, "SANDBOX_URL": sandbox_url, "DATA_DIR": str(data)}
    ours = {name: value for name, value in os.environ.items() if not name.startswith("PAYMAIL_")}
    environment = {**ours, **{f"PAYMAIL_{name}": value for name, value in given.items()}}
    process = subprocess.Popen(
        [sys.executable, str(PASS), str(code)],
        env={**environment, "PYTHONPATH": str(code)},
        cwd=code,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait(10)


def _git(*arguments: str) -> str | None:
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else None


def kind_of(column: Column[Any]) -> str:
    """Return the kind of a column; raises LookupError for a type that is not among them."""
    for kind, of_type in KINDS:
        if isinstance(column.type, of_type):
            return kind
    raise LookupError(f"{column}: {column.type!r} is not in KINDS")


def _column(column: Column[Any]) -> dict[str, Any]:
    """Describe a column; for one of states its longest: no database holds it to the others."""
    of_type = column.type
    states = of_type.enums if isinstance(of_type, sa.Enum) else getattr(of_type, "kinds", ())
    return {
        "kind": kind_of(column),
        "nullable": bool(column.nullable),
        "length": 0 if states else getattr(of_type, "length", None) or 0,
        "longest": max(map(str, states), key=len, default=""),
    }


def _unique(table: Table) -> list[list[str]]:
    named = [c.columns.keys() for c in table.constraints if isinstance(c, sa.UniqueConstraint)]
    indexed = [[c.name for c in index.columns] for index in table.indexes if index.unique]
    return sorted([*map(list, named), *indexed])


def record() -> None:
    """Write down what the models of this code are."""
    tables = models.Base.metadata.sorted_tables
    shown = [
        f'"commit": {json.dumps(_git("rev-parse", "HEAD") or "")}',
        f'"revision": "{schema.head()}"',
        '"tables": {\n' + ",\n".join(_shown(table) for table in tables) + "\n}",
        '"unique": {\n' + ",\n".join(f' "{t.name}": {json.dumps(_unique(t))}' for t in tables) + "\n}",
    ]
    FILE.write_text("{\n" + ",\n".join(shown) + "\n}\n")


def _shown(table: Table) -> str:
    columns = [f'  "{column.name}": {json.dumps(_column(column))}' for column in table.columns]
    return f' "{table.name}": {{\n' + ",\n".join(columns) + "\n }"


if __name__ == "__main__":
    record()
