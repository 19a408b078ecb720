"""Tasks translate a hint into one service call. Arguments are ids by keyword; unknown ones are tolerated."""

import os
import threading
from collections.abc import Callable

from celery import Celery, signals

from paymail import request_ids
from paymail.clock import new_id
from paymail.queue import celery_app
from paymail.services.payments import webhook_inbox
from paymail.tasks.delivering import Delivering
from paymail.tasks.heartbeat import Heartbeats
from paymail.tasks.reconciler import Reconciler
from paymail.tasks.sweep import Sweeper, sweep_once
from paymail.wiring import App


class PerProcess:
    """Builds the App once per process, and its delivering: a prefork must share neither."""

    def __init__(self, build: Callable[[], App]) -> None:
        self._build = build
        self._built: tuple[int, App, Delivering] | None = None
        self._building = threading.Lock()

    def __call__(self) -> App:
        """Return this process's App."""
        return self._here()[1]

    @property
    def delivering(self) -> Delivering:
        """This process's."""
        return self._here()[2]

    def _here(self) -> tuple[int, App, Delivering]:
        with self._building:
            if self._built is None or self._built[0] != os.getpid():
                app = self._build()
                self._built = (os.getpid(), app, Delivering(app))
            return self._built


def register(celery: Celery, build: Callable[[], App], *, prefork: bool) -> None:
    """Give `celery` the tasks, and every worker process of it a thread that sweeps and one that reconciles.

    `prefork` says whether tasks run in child processes; with threads they run in the worker itself.
    """
    app = PerProcess(build)

    @celery.task(name=celery_app.DELIVER, shared=False)
    def deliver(*, message_id: int, **_unknown: object) -> None:
        with request_ids.bound(new_id()):
            app.delivering.deliver(message_id)

    @celery.task(name=celery_app.WORK_EVENT, shared=False)
    def work_event(*, event_id: str, **_unknown: object) -> None:
        with request_ids.bound(new_id()):
            webhook_inbox.work_event(app().gateway_context(), event_id=event_id)

    @celery.task(name=celery_app.TICK, shared=False)
    def tick(**_unknown: object) -> None:
        sweep_once(app(), app.delivering)

    _threads_in_every_process(app, prefork=prefork)


def _threads_in_every_process(app: PerProcess, *, prefork: bool) -> None:
    threads: list[Sweeper | Heartbeats | Reconciler] = []

    def start(**_signal: object) -> None:
        settings = app().settings
        sweeper = Sweeper(app(), every=settings.sweep_seconds, delivering=app.delivering)
        threads.extend((sweeper, Heartbeats(app(), sweeper)))
        if settings.reconcile_minutes:
            threads.append(Reconciler(app(), minutes=settings.reconcile_minutes))
        for thread in threads:
            thread.start()

    def stop(**_signal: object) -> None:
        for thread in threads:
            thread.stop()
        app.delivering.stop()

    if prefork:
        signals.worker_process_init.connect(start, weak=False)
        signals.worker_process_shutdown.connect(stop, weak=False)
    else:
        # Not `worker_ready`, which a worker reaches only when the broker has answered.
        signals.celeryd_after_setup.connect(start, weak=False)
        signals.worker_shutting_down.connect(stop, weak=False)
