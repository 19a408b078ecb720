"""A sandbox on a real port, the real SDK as its client, and a receiver for its webhooks."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from paymail.sandbox.config import SandboxConfig
from paymail.sandbox.server import SandboxServer
from tests.contract.sandbox.recording import recorded
from tests.contract.sandbox.sandbox_api import Api, Json, opened


@dataclass
class Received:
    """Webhooks that came in, with what they were signed with."""

    url: str = ""
    status: int = 200
    calls: list[tuple[bytes, str]] = field(default_factory=list)
    changed: threading.Condition = field(default_factory=threading.Condition)

    def take(self, body: bytes, signature: str) -> int:
        with self.changed:
            self.calls.append((body, signature))
            self.changed.notify_all()
            return self.status

    def wait_for(self, count: int, seconds: float = 10.0) -> list[Json]:
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.calls) >= count, seconds), self.kinds()
            return [json.loads(body) for body, _ in self.calls]

    def kinds(self) -> list[str]:
        return [json.loads(body)["type"] for body, _ in self.calls]


@pytest.fixture(autouse=True)
def _as_the_sdk_says() -> Iterator[None]:
    """Hold everything that a sandbox says in any of these tests against the SDK's annotations."""
    with recorded() as recording:
        yield
    assert sorted(set(recording.held().faults)) == []


@pytest.fixture
def received() -> Iterator[Received]:
    box = Received()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(box.take(body, self.headers["Stripe-Signature"]))
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    box.url = f"http://127.0.0.1:{server.server_address[1]}/webhooks/stripe"
    yield box
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def sandbox() -> Iterator[SandboxServer]:
    with SandboxServer(SandboxConfig(accounts=("acct_sandbox", "acct_other"))) as server:
        yield server


@pytest.fixture
def hooked(received: Received) -> Iterator[SandboxServer]:
    """A sandbox that sends webhooks to `received` and tries again quickly."""
    config = SandboxConfig(webhook_url=received.url, webhook_retry_base_s=0.02)
    with SandboxServer(config) as server:
        yield server


@pytest.fixture
def connect() -> Iterator[Callable[..., Api]]:
    with ExitStack() as stack:
        yield lambda server, **given: stack.enter_context(opened(server, **given))


@pytest.fixture
def api(sandbox: SandboxServer, connect: Callable[..., Api]) -> Api:
    return connect(sandbox)
