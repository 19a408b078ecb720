"""A view may be read at a replica that lags behind."""

import time
from collections.abc import Iterator
from datetime import datetime

import psycopg
import pytest

from paymail.host_database import HostConfig, PostgresqlHost
from paymail.services.sync.syncs import VIEW_COLUMNS
from tests.conftest import free_port
from tests.postgres import Cluster
from tests.seed_host import Connection
from tests.services.sync.conftest import Host


@pytest.fixture
def standby(postgres: Cluster, host: Host) -> Iterator[str]:
    """The host's database at a replica."""
    with postgres.standby(free_port()) as address:
        yield f"{address}/{host.url.rpartition('/')[2]}"


def began(url: str) -> datetime:
    host = PostgresqlHost(HostConfig(url, "paymail_invoices_v1", "nothing", "", 30))
    with host.reading(VIEW_COLUMNS, zone="UTC") as reading:
        return reading.began


def until_replayed(host: Host, replica: Connection) -> None:
    ((written,),) = host.rows("SELECT pg_current_wal_lsn()::text")
    replayed = b"SELECT pg_last_wal_replay_lsn() >= %s::pg_lsn"
    deadline = time.monotonic() + 60
    while replica.execute(replayed, (written,)).fetchone() != (True,):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_what_a_replica_does_not_have_yet_is_after_the_time_to_which_it_was_read(
    host: Host, standby: str
) -> None:
    change = "UPDATE invoices SET due_date = '2027-01-31' WHERE invoice_id = 502"
    changed = "SELECT updated_at FROM invoices WHERE invoice_id = 502"
    with psycopg.connect(standby, autocommit=True) as replica:
        for _ in range(2):
            replica.execute("SELECT pg_wal_replay_pause()")
            host.execute(change)
            ((at,),) = host.rows(changed)
            assert isinstance(at, datetime)
            assert began(standby) < at
            replica.execute("SELECT pg_wal_replay_resume()")
            until_replayed(host, replica)
            assert began(standby) >= at


def test_a_replica_cannot_notify_so_that_only_the_time_counts(standby: str) -> None:
    host = PostgresqlHost(HostConfig(standby, "paymail_invoices_v1", "nothing", "", 30))
    host.wait(0.1, lambda: False)
