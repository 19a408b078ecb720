"""Ringing the workers through Celery; best effort."""

import time

from celery import Celery

from paymail.queue.celery_app import DELIVER, HINT_LIFETIME, WORK_EVENT, log

_QUIET_AFTER_FAILURE = 5.0


class CeleryDoorbell:
    """Implements `ports.Doorbell`. After a failed ring it keeps quiet for a moment; the sweep goes on."""

    def __init__(self, app: Celery) -> None:
        self._app = app
        self._quiet_until = 0.0

    def ring(self, message_id: int) -> None:
        """Publish `deliver(message_id)`; broker trouble is logged, never raised."""
        self._publish(DELIVER, {"message_id": message_id})

    def ring_event(self, event_id: str) -> None:
        """Publish `work_event(event_id)`; broker trouble is logged, never raised."""
        self._publish(WORK_EVENT, {"event_id": event_id})

    def _publish(self, task: str, arguments: dict[str, object]) -> None:
        if time.monotonic() < self._quiet_until:
            return
        try:
            self._app.send_task(
                task, kwargs=arguments, expires=HINT_LIFETIME, retry=False, ignore_result=True
            )
        except Exception as error:  # the work is committed: whatever a hint meets must not fail its caller
            self._quiet_until = time.monotonic() + _QUIET_AFTER_FAILURE
            log.warning(
                "the workers could not be notified; the next sweep will find the work",
                error=type(error).__name__,
            )
