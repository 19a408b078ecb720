"""Offices for fault tests: files as broker beside SQLite, a Redis of its own beside PostgreSQL."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.brokers import OwnRedis
from tests.faults.office import Office, open_office


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[OwnRedis]:
    """A Redis that the test may kill."""
    server = OwnRedis(tmp_path)
    yield server
    server.kill()


@pytest.fixture
def office(request: pytest.FixtureRequest, database_url: str, tmp_path: Path) -> Iterator[Office]:
    """An office on each database."""
    broker = "" if database_url.startswith("sqlite") else request.getfixturevalue("own_redis").url
    with open_office(tmp_path / "office", database_url, broker) as found:
        yield found
