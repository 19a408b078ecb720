"""A private Redis: own port, own folder, and the ways of losing it."""

import subprocess
from pathlib import Path

import redis

from tests.conftest import free_port, wait_for_port


class OwnRedis:
    """A Redis of one test, which may kill it."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.folder = folder
        self.start()

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        self.process = subprocess.Popen(
            ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", ""],
            cwd=self.folder,
            stdout=subprocess.DEVNULL,
        )
        wait_for_port(self.port)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def flush(self) -> None:
        """Forget every task and every binding."""
        with redis.Redis.from_url(self.url) as client:
            client.flushall()

    def bounce(self) -> None:
        """Kill it and start an empty one."""
        self.kill()
        self.start()
