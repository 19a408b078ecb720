"""The reconciler's thread, in every worker process beside the sweep.

A thread of its own, and no Celery task: Stripe may be slow, and a task would hold a place in the pool that
mail is delivered from, while the sweep would hold up all mail behind it. And like the sweep it goes on with
the broker flushed or gone. Whose turn it is, is a row in the database.
"""

import threading
from datetime import timedelta

from paymail import observability, request_ids
from paymail.clock import new_id
from paymail.services.reconciliation import schedule, turns
from paymail.wiring import App

log = observability.logger(__name__)

LOOK_SECONDS = 5.0
"""How often a process looks whether a job is due: one short query."""


class Reconciler(threading.Thread):
    """Takes the reconciler's turns as they come, until stopped; what fails is tried again."""

    def __init__(self, app: App, *, minutes: float, look: float = LOOK_SECONDS) -> None:
        super().__init__(name="paymail-reconciler", daemon=True)
        self._app = app
        self._every = timedelta(minutes=minutes)
        self._look = look
        self._stopping = threading.Event()

    def run(self) -> None:
        """Look, and do what is due, until `stop`."""
        while not self._stopping.wait(self._look):
            try:
                reconcile_due(self._app, self._every)
            except Exception:
                # The last line of defence, as with the sweep: the database may be away for a moment.
                log.exception("reconciler failed; trying again")

    def stop(self) -> None:
        """Ask the thread to end after the present job."""
        self._stopping.set()


def reconcile_due(app: App, every: timedelta) -> list[str]:
    """Do the reconciler's jobs that are due; return which."""
    # Read first: a claim takes the write lock of SQLite, which mail may be waiting for.
    with app.reading() as session:
        due = any(turns.due(session, job=job, now=app.now()) for job in (turns.SETTLE, turns.COMPARE))
    if not due:
        return []
    with request_ids.bound(new_id()):
        return schedule.run_due(app.gateway_context(), live=app.live, every=every)
