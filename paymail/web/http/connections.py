"""How long and how many connections may stay: what `paymail web` asks of its HTTP server."""

import asyncio
from typing import Any, ClassVar

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from paymail.settings import Settings

LARGEST_HEAD = 32 * 1024
"""Bytes of a request line and its headers."""


class Connection(H11Protocol):
    """A connection that is closed when the head of a request takes too long; uvicorn would wait for ever."""

    header_seconds: ClassVar[float] = 10.0
    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn
        """Begin to wait for the first request."""
        super().connection_made(transport)
        self._watch()

    def data_received(self, data: bytes) -> None:
        """Go on waiting, until a head is complete; more bytes do not put the deadline off."""
        super().data_received(data)
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting."""
        self._forget()
        super().connection_lost(exc)

    def _watch(self) -> None:
        client, server = self.conn.their_state, self.conn.our_state
        # The rest of a body that was answered already is waited for no longer than a head.
        if client is not h11.IDLE and not (client is h11.SEND_BODY and server is h11.DONE):
            self._forget()
        elif self._deadline is None:
            self._deadline = self.loop.call_later(self.header_seconds, self.timeout_keep_alive_handler)

    def _forget(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


def bound_connections(settings: Settings) -> None:
    """Set the deadline of this process's connections; each of several processes does it for itself."""
    Connection.header_seconds = settings.header_seconds


def server_options(settings: Settings) -> dict[str, Any]:
    """Return uvicorn's options for deadlines and bounds; `bound_connections` goes with them."""
    return {
        "http": Connection,
        "timeout_keep_alive": settings.keep_alive_seconds,
        "limit_concurrency": settings.max_connections,
        "h11_max_incomplete_event_size": LARGEST_HEAD,
    }
