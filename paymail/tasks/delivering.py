"""The one delivering loop of a process: the sweep and the doorbell's tasks take turns at it.

Two of them would claim from each other, and hold twice the connections to the mail server.
"""

import threading
from collections.abc import Callable
from dataclasses import replace

from paymail.services.delivery import deliveries
from paymail.services.delivery.context import DeliveryContext
from paymail.wiring import App

PATIENCE = 5.0
"""Seconds that the end of a process waits for the present message, and for the others to be given back."""
_MOST_ROUNDS = 5
"""Rounds that a holder adds for those who rang meanwhile; after that it is the next sweep's turn."""


class Delivering:
    """Delivers for one process; whoever finds it busy leaves word and goes."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._stopping = threading.Event()
        self._busy = threading.Lock()
        self._rung = threading.Event()

    def deliver(self, message_id: int) -> None:
        """Deliver one message now, or have the one who is at it look for it next."""
        self._work(lambda context: int(deliveries.deliver(context, message_id=message_id)))

    def sweep(self) -> int:
        """Deliver what is due; return how many were worked on here."""
        return self._work(deliveries.sweep)

    def stop(self) -> None:
        """Begin on no further message, and give back those that are claimed; returns once that is done, or
        after PATIENCE."""
        self._stopping.set()
        if self._busy.acquire(timeout=PATIENCE):
            self._busy.release()

    def _work(self, first: Callable[[DeliveryContext], int]) -> int:
        if self._stopping.is_set():
            return 0  # the doorbell's message waits for a process that goes on
        if not self._busy.acquire(blocking=False):
            self._rung.set()
            return 0
        context = replace(self._app.delivery_context(), stopping=self._stopping.is_set)
        try:
            done = first(context)
            for _ in range(_MOST_ROUNDS):
                if not self._rung.is_set():
                    break
                self._rung.clear()
                done += deliveries.sweep(context)
        finally:
            self._busy.release()
        return done
