"""The sweep: mail flows and events are worked on even with the broker flushed or gone."""

import threading
import time
from collections.abc import Callable
from functools import partial

from paymail import observability, request_ids
from paymail.clock import new_id
from paymail.services.customers import method_removals, monthly_statements
from paymail.services.issuers import bank_changes
from paymail.services.payments import intent_cancellation, webhook_inbox
from paymail.services.refunds import refund_requests
from paymail.services.reminders import planner
from paymail.services.sending import bulk
from paymail.tasks import maintenance
from paymail.tasks.delivering import Delivering
from paymail.wiring import App

log = observability.logger(__name__)

STUCK_SECONDS = 600.0
"""A turn that takes longer is stuck. Full ones are far shorter: each step of theirs has a time limit."""


def sweep_once(app: App, delivering: Delivering | None = None) -> int:
    """Work on events, plan reminders, write bulk sends, deliver what is due, do chores; return how many.

    `delivering` is the process's, where it has one. What a turn causes by itself, such as a reminder, has the
    turn's id.
    """
    works: dict[str, Callable[[], int]] = {work.__name__.strip("_"): partial(work, app) for work in _WORKS}
    works["deliveries"] = (delivering or Delivering(app)).sweep
    with request_ids.bound(new_id()):
        done = 0
        for part, work in works.items():
            try:
                done += work()
            except Exception:
                # One kind of work that fails must not stop the others; it is tried again at the next turn.
                log.exception("a part of the sweep failed", part=part)
        maintenance.do(app)
        return done


def _events(app: App) -> int:
    return webhook_inbox.work_events(app.gateway_context())


def _cancellations(app: App) -> int:
    return intent_cancellation.cancel_marked(app.gateway_context())


def _refunds(app: App) -> int:
    return refund_requests.carry_out(app.gateway_context(), refund_fees=app.settings.refund_application_fee)


def _removals(app: App) -> int:
    return method_removals.carry_out(app.gateway_context())


def _bank_changes(app: App) -> int:
    return bank_changes.apply_due(app.context())


def _reminders(app: App) -> int:
    return planner.plan_due(app.context())


def _statements(app: App) -> int:
    return monthly_statements.send_due(app.context())


def _bulk_sends(app: App) -> int:
    bulk.expand_all(app.context())
    return 0


_WORKS = (_events, _cancellations, _refunds, _removals, _bank_changes, _reminders, _statements, _bulk_sends)


class Sweeper(threading.Thread):
    """Sweeps every few seconds until stopped; what fails is logged and tried again at the next turn."""

    def __init__(self, app: App, *, every: float, delivering: Delivering | None = None) -> None:
        super().__init__(name="paymail-sweep", daemon=True)
        self._delivering = delivering or Delivering(app)
        self._app = app
        self._every = every
        self._stopping = threading.Event()
        self._turn_began = time.monotonic()

    def run(self) -> None:
        """Sweep until `stop`."""
        while not self._stopping.is_set():
            self._sweep_safely()
            self._stopping.wait(self._every)

    def stop(self) -> None:
        """Ask the thread to end after the present message."""
        self._stopping.set()

    def is_working(self) -> bool:
        """Whether the thread runs, and its present turn is not stuck."""
        return self.is_alive() and time.monotonic() - self._turn_began < STUCK_SECONDS

    def _sweep_safely(self) -> None:
        self._turn_began = time.monotonic()
        try:
            sweep_once(self._app, self._delivering)
        except Exception:
            # The last line of defence: an unforeseen fault in one turn must not end all later ones.
            log.exception("sweep failed; trying again at the next turn")
