"""Offices for fault tests: files as broker beside SQLite, a Redis of its own beside PostgreSQL."""

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.brokers import OwnRedis
from tests.faults.office import Office, open_office
from tests.postgres import Cluster


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[OwnRedis]:
    """A Redis that the test may kill."""
    server = OwnRedis(tmp_path)
    yield server
    server.kill()


@pytest.fixture
def sqlite_office(sqlite_template: Path, tmp_path: Path) -> Iterator[Office]:
    """Everything in files."""
    file = tmp_path / "paymail.db"
    shutil.copy(sqlite_template, file)
    with open_office(tmp_path / "office", f"sqlite:///{file}") as found:
        yield found


@pytest.fixture
def postgres_office(postgres: Cluster, own_redis: OwnRedis, tmp_path: Path) -> Iterator[Office]:
    """Servers."""
    name = f"t{time.time_ns()}"
    url = postgres.create(name, template="template_paymail")
    with open_office(tmp_path / "office", url, own_redis.url) as found:
        yield found
    postgres.drop(name)


@pytest.fixture(params=["sqlite", "postgres"])
def office(request: pytest.FixtureRequest) -> Office:
    """An office on each."""
    found: Office = request.getfixturevalue(f"{request.param}_office")
    return found
