"""A container asks whether its own worker is alive."""

import socket
from datetime import timedelta

import pytest

from paymail.models import Heartbeat
from paymail.wiring import App
from tests.cli.running import run

HOST = socket.gethostname()[:100]


@pytest.mark.parametrize(
    ("worker", "age", "code"),
    [(f"{HOST}:1", 5, 0), (f"{HOST}:1", 90, 1), ("another:1", 5, 1), (f"{HOST}-2:1", 5, 1)],
)
def test_only_a_fresh_heartbeat_of_this_host_counts(commands: App, worker: str, age: int, code: int) -> None:
    with commands.transaction() as session:
        session.add(Heartbeat(worker=worker, seen_at=commands.now() - timedelta(seconds=age)))
    run("worker", "--healthcheck", expect=code)
