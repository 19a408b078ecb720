"""A worker's sign of life, in a thread of its own: a slow mail server does not make a worker look dead."""

import os
import socket
import threading
from typing import Protocol

from paymail import observability
from paymail.services.outbox import heartbeats
from paymail.wiring import App

log = observability.logger(__name__)

HEARTBEAT_SECONDS = 10.0


class Worked(Protocol):
    """What a heartbeat vouches for."""

    def is_working(self) -> bool:
        """Whether it goes on."""


class Heartbeats(threading.Thread):
    """Writes this process's heartbeat every few seconds while the sweep goes on, until stopped."""

    def __init__(self, app: App, sweep: Worked, *, every: float = HEARTBEAT_SECONDS) -> None:
        super().__init__(name="paymail-heartbeat", daemon=True)
        self._app = app
        self._sweep = sweep
        self._every = every
        self._stopping = threading.Event()
        self._worker = f"{socket.gethostname()[:100]}:{os.getpid()}"

    def run(self) -> None:
        """Write until `stop`; a database that is away for a moment is tried again at the next turn."""
        while not self._stopping.is_set():
            if self._sweep.is_working():
                self._beat()
            self._stopping.wait(self._every)

    def stop(self) -> None:
        """Ask the thread to end."""
        self._stopping.set()

    def _beat(self) -> None:
        try:
            with self._app.transaction() as session:
                heartbeats.beat(session, worker=self._worker, now=self._app.now())
        except Exception as error:
            log.warning("the heartbeat could not be written", error=type(error).__name__)
