"""A host with 502 invoices, and sync with it."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

import psycopg
import pytest
from sqlalchemy import Engine

from paymail import clock, db
from paymail.host_database import HostConfig, PostgresqlHost
from paymail.models import Issuer
from paymail.services.sync import SyncContext
from tests import seed_host
from tests.factories import NOW
from tests.postgres import Cluster


@dataclass
class Host:
    """The host's database, as its own program sees it."""

    url: str
    connection: seed_host.Connection
    told_by: str = "table"
    told_name: str = "paymail_updates_v1"
    view: str = "paymail_invoices_v1"
    now: datetime = field(default_factory=clock.utc_now)

    def execute(self, statement: str, *values: object) -> None:
        """One transaction of the host's program."""
        self.connection.execute(statement.encode(), values)

    def rows(self, statement: str, *values: object) -> list[tuple[object, ...]]:
        """Ask the host."""
        return list(self.connection.execute(statement.encode(), values))

    def port(self) -> PostgresqlHost:
        """Return what paymail is given."""
        return PostgresqlHost(HostConfig(self.url, self.view, self.told_by, self.told_name, 30))


@pytest.fixture
def host(postgres: Cluster, host_template: str, request: pytest.FixtureRequest) -> Iterator[Host]:
    """A host of its own, with the last 32 of its 502 invoices, or as many as the test's parameter says."""
    most = getattr(request, "param", 32)
    with (
        seed_host.host(postgres, host_template, f"h{time.time_ns()}") as url,
        psycopg.connect(url, autocommit=True) as connection,
    ):
        seed_host.keep_last(url, most)
        yield Host(url, connection)


@pytest.fixture
def context(engine: Engine, host: Host) -> SyncContext:
    """Sync of the host's view for one issuer."""
    with db.transaction(engine) as session:
        made = Issuer(
            name="Southern IT",
            email="b@southern-it.example",
            created_at=NOW,
            timezone="Australia/Sydney",
            tax_id="51 824 753 556",
        )
        session.add(made)
        session.flush()
        issuer_id = made.issuer_id
    return SyncContext(
        transaction=partial(db.transaction, engine),
        now=clock.utc_now,
        reading=partial(db.reading, engine),
        host=host.port(),
        issuer_id=issuer_id,
        zone="Australia/Sydney",
        overlap=timedelta(minutes=10),
    )
