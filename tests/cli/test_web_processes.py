"""`paymail web --workers`: several processes on one port, none of which outlives the first."""

import subprocess
import sys
import urllib.request
from contextlib import suppress
from pathlib import Path

import pytest

from paymail.wiring import App
from tests.conftest import environment, free_port
from tests.tasks.test_workers import until


def children(pid: int) -> set[int]:
    found = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True, check=False)
    return {int(line) for line in found.stdout.split()}


def answers(port: int) -> bool:
    with suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=2) as answer:
        return answer.status == 200
    return False


@pytest.mark.parametrize("end", ["terminate", "kill"])
def test_several_processes_serve_and_end_with_the_first(commands: App, end: str) -> None:
    port = free_port()
    web = subprocess.Popen(
        [sys.executable, "-m", "paymail", "web", "--port", str(port), "--workers", "2"],
        env=environment(commands.settings.data_dir),
        stderr=subprocess.DEVNULL,
    )
    try:
        until(lambda: answers(port))
        serving = children(web.pid)
        assert len(serving) >= 2
    finally:
        getattr(web, end)()
        web.wait(20)
    until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in serving))
