"""Databases as the migrations of before left them, on SQLite and PostgreSQL."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Engine

from paymail.db import make_engine, schema
from tests.postgres import Cluster

BOTH = ["sqlite", "postgresql"]


@contextmanager
def database_at(revision: str, request: pytest.FixtureRequest, folder: Path) -> Iterator[Engine]:
    """Lend an empty database at a revision, on what the fixture's parameter names: one of BOTH."""
    if request.param == "sqlite":
        engine = make_engine(f"sqlite:///{folder / 'old.db'}")
        schema.upgrade(engine, revision)
        yield engine
        engine.dispose()
        return
    cluster: Cluster = request.getfixturevalue("postgres")
    name = f"at_{revision}"
    engine = make_engine(cluster.create(name))
    schema.upgrade(engine, revision)
    yield engine
    engine.dispose()
    cluster.drop(name)
