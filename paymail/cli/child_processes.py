"""Children that are restarted when they exit and that end with their parent."""

import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Mapping
from http.client import HTTPException
from types import TracebackType
from typing import Self

from paymail import observability
from paymail.environment import LIFELINE
from paymail.errors import Unavailable

log = observability.logger(__name__)
RESTART_PAUSE = 1.0
STOP_TIMEOUT = 10.0


class DidNotStart(Unavailable):
    """A service did not answer in time."""

    code = "did_not_start"


class Children:
    """A set of `paymail` subcommands run as child processes."""

    def __init__(self, commands: Mapping[str, list[str]], environment: Mapping[str, str]) -> None:
        self._commands = commands
        self._environment = environment
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._ended: dict[str, float] = {}
        self._reading, self._writing = os.pipe()

    def __enter__(self) -> Self:
        """Start them all."""
        for name in self._commands:
            self._start(name)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop them all: politely, then by the lifeline, then by SIGKILL."""
        for child in self._running.values():
            child.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + STOP_TIMEOUT
        for child in self._running.values():
            try:
                child.wait(max(deadline - time.monotonic(), 0.1))
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
        os.close(self._writing)
        os.close(self._reading)

    def look_after(self) -> None:
        """Restart what has exited, after a pause."""
        for name, child in list(self._running.items()):
            if child.poll() is None:
                continue
            ended = self._ended.setdefault(name, time.monotonic())
            if time.monotonic() - ended >= RESTART_PAUSE:
                log.warning("restarting", service=name, exit_code=child.returncode)
                self._start(name)

    def _start(self, name: str) -> None:
        self._ended.pop(name, None)
        environment = {**os.environ, **self._environment, LIFELINE: str(self._reading)}
        # The reading end only: a child that held the writing end would keep its siblings alive.
        self._running[name] = subprocess.Popen(
            [sys.executable, "-m", "paymail", *self._commands[name]],
            env=environment,
            stdin=subprocess.DEVNULL,
            pass_fds=(self._reading,),
            # Ctrl-C reaches the parent only, which then stops them in order.
            start_new_session=True,
        )


def wait_until_answering(url: str, *, seconds: float, children: Children) -> None:
    """Return when `url` answers 200. Raises DidNotStart."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 - our own http address
                if answer.status == 200:
                    return
        except (OSError, HTTPException):  # whoever is there by now, it is not the service yet
            children.look_after()
        time.sleep(0.05)
    raise DidNotStart(f"{url} is not responding; see the log lines above")
