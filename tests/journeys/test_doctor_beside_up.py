"""The doctor beside a running `up`: nothing is wrong, and when the worker is gone it says so."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journeys.conftest import Up, wait_for


@pytest.fixture
def up(tmp_path: Path) -> Iterator[Up]:
    found = Up(tmp_path)
    try:
        yield found.wait()
    finally:
        found.stop()


def doctor(up: Up) -> tuple[int, dict[str, str]]:
    """Return the exit code, and the verdict of each line."""
    done = subprocess.run(
        [sys.executable, "-m", "paymail", "doctor", "--json"],
        env=up.environment,
        capture_output=True,
        timeout=120,
        check=False,
    )
    checks = json.loads(done.stdout)["checks"]
    return done.returncode, {f"{one['check']}: {one['found']}": one["verdict"] for one in checks}


def test_a_fresh_embedded_installation_is_well(up: Up) -> None:
    wait_for(lambda: len(up.mails()) >= 3)
    for doubtful in json.loads(up.command("messages", "unknown", "--json")):  # the sample has one
        up.command("messages", "resolve", str(doubtful["message_id"]), "--sent")
    wait_for(lambda: doctor(up)[0] == 0)
    code, found = doctor(up)
    assert (code, set(found.values()) <= {"ok", "skipped"}) == (0, True), found
    well = {line.partition(":")[0] for line, verdict in found.items() if verdict == "ok"}
    assert well >= {"settings", "data folder", "database", "broker", "workers", "outbox", "stripe events"}
    assert well >= {"stripe key", "stripe accounts", "stripe webhook", "public address"}
