"""Sync that is killed at any moment loses nothing and doubles nothing, on either side."""

import random
import time
from pathlib import Path

import pytest

from tests import seed_host
from tests.faults import sync_kills
from tests.postgres import Cluster

KILLS = 6
"""`python -m tests.faults.sync_kills` kills 50 times per database."""


@pytest.mark.thorough
def test_both_sides_agree_after_kills(
    database_url: str, postgres: Cluster, host_template: str, tmp_path: Path
) -> None:
    """Beside SQLite the host is told by its table, beside PostgreSQL by its function."""
    sync_kills.add_issuer(database_url)
    with seed_host.host(postgres, host_template, f"h{time.time_ns()}") as host_url:
        told_by = "table" if "sqlite" in database_url else "function"
        if told_by == "function":
            sync_kills.told_by_function(host_url)
        seed_host.keep_last(host_url, 60)
        trial = sync_kills.Trial(tmp_path, database_url, host_url, told_by, random.Random(15))
        assert trial.run(KILLS) == []
    assert trial.kills == KILLS
    assert trial.payments
