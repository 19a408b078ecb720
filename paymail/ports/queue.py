"""Telling the workers that there is work."""

from typing import Protocol


class Doorbell(Protocol):
    """Tells the workers that a row is due. Best effort: a lost ring costs seconds, never a message."""

    def ring(self, message_id: int) -> None:
        """Publish `deliver(message_id)`; never raises for broker trouble."""
        ...

    def ring_event(self, event_id: str) -> None:
        """Publish `work_event(event_id)`; never raises for broker trouble."""
        ...
