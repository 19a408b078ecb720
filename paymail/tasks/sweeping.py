"""The sweep: mail flows and events are worked on even with the broker flushed or gone."""

import os
import socket
import threading
import time

from paymail import observability
from paymail.services import bulk, confirming, delivery, heartbeats
from paymail.services.reminding import planning
from paymail.tasks import chores
from paymail.wiring import App

log = observability.logger(__name__)

HEARTBEAT_SECONDS = 10.0


def sweep_once(app: App) -> int:
    """Work on events, plan reminders, write bulk sends, deliver what is due, do chores; return how many."""
    done = confirming.work_events(app.cashier())
    done += planning.plan_due(app.transaction, app.now)
    bulk.expand_all(app.transaction, app.now)
    done += delivery.sweep(app.post())
    chores.do(app)
    return done


class Sweeper(threading.Thread):
    """Sweeps every few seconds until stopped; what fails is logged and tried again at the next turn."""

    def __init__(self, app: App, *, every: float) -> None:
        super().__init__(name="paymail-sweep", daemon=True)
        self._app = app
        self._every = every
        self._stopping = threading.Event()
        self._worker = f"{socket.gethostname()[:100]}:{os.getpid()}"
        self._beat_at = float("-inf")

    def run(self) -> None:
        """Sweep until `stop`."""
        while not self._stopping.is_set():
            self._sweep_safely()
            self._stopping.wait(self._every)

    def stop(self) -> None:
        """Ask the thread to end after the present message."""
        self._stopping.set()

    def _sweep_safely(self) -> None:
        try:
            self._beat()
            sweep_once(self._app)
        except Exception:
            # The last line of defence: an unforeseen fault in one turn must not end all later ones.
            log.exception("sweep failed; trying again at the next turn")

    def _beat(self) -> None:
        if time.monotonic() - self._beat_at < HEARTBEAT_SECONDS:
            return
        with self._app.transaction() as session:
            heartbeats.beat(session, worker=self._worker, now=self._app.now())
        self._beat_at = time.monotonic()
