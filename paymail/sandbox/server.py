"""Running the sandbox: in the foreground, or in a thread for tests."""

from __future__ import annotations

import socket
import threading
from types import TracebackType
from typing import Self

import uvicorn

from paymail.sandbox.app import create_app
from paymail.sandbox.config import SandboxConfig

_START_TIMEOUT_S = 15.0


def serve(config: SandboxConfig, host: str = "127.0.0.1", port: int = 12111) -> None:
    """Serve until the process is told to stop."""
    uvicorn.run(create_app(config), host=host, port=port, log_level="warning", timeout_graceful_shutdown=2)


class SandboxServer:
    """A sandbox on a free port of this machine, in a thread of this process."""

    def __init__(self, config: SandboxConfig | None = None, port: int = 0) -> None:
        """Prepare a server; `start` or a with block opens it."""
        self.config = config or SandboxConfig()
        self._socket = socket.create_server(("127.0.0.1", port))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._started = threading.Event()
        self._server = _AnnouncingServer(
            uvicorn.Config(
                create_app(self.config), log_level="critical", timeout_graceful_shutdown=1, ws="none"
            ),
            self._started,
        )
        self._thread = threading.Thread(target=self._run, name="sandbox-server", daemon=True)

    def start(self) -> Self:
        """Serve, and return once requests are accepted."""
        self._thread.start()
        if not self._started.wait(_START_TIMEOUT_S) or not self._server.started:
            raise RuntimeError("the sandbox did not start")
        return self

    def stop(self) -> None:
        """Finish the requests under way and end the thread."""
        self._server.should_exit = True
        if self._thread.is_alive():
            self._thread.join(_START_TIMEOUT_S)
        self._socket.close()

    def __enter__(self) -> Self:
        """Start."""
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop."""
        self.stop()

    def _run(self) -> None:
        try:
            self._server.run(sockets=[self._socket])
        finally:
            self._started.set()


class _AnnouncingServer(uvicorn.Server):
    """A server that says when it listens, so that nobody has to poll."""

    def __init__(self, config: uvicorn.Config, started: threading.Event) -> None:
        super().__init__(config)
        self._announce = started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._announce.set()
