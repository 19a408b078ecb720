"""A sandbox on a real port, the real SDK as its client, and a receiver for its webhooks."""

from __future__ import annotations

import json
import threading
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import stripe
from stripe import StripeClient

from paymail.sandbox.config import SandboxConfig
from paymail.sandbox.server import SandboxServer
from tests.contract.sandbox.recording import recorded

ACCOUNT = {"stripe_account": "acct_sandbox"}
Json = dict[str, Any]


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


@dataclass
class Api:
    """The real SDK against one sandbox."""

    client: StripeClient
    url: str

    def create(self, **params: Any) -> stripe.PaymentIntent:
        options = {**ACCOUNT, **params.pop("options", {})}
        return self.client.v1.payment_intents.create(
            {"amount": 12100, "currency": "aud", **params}, options=options
        )

    def confirm(self, intent_id: str, method: str = "pm_card_visa", **params: Any) -> stripe.PaymentIntent:
        return self.client.v1.payment_intents.confirm(
            intent_id, {"payment_method": method, **params}, options=ACCOUNT
        )

    def get(self, intent_id: str) -> stripe.PaymentIntent:
        return self.client.v1.payment_intents.retrieve(intent_id, options=ACCOUNT)

    def events(self, **params: Any) -> list[str]:
        return [event.type for event in self.client.v1.events.list(params, options=ACCOUNT).data]

    def control(self, name: str, body: Json | None = None, method: str = "POST") -> Json:
        data = json.dumps(body or {}).encode() if method == "POST" else None
        request = urllib.request.Request(
            f"{self.url}/_sandbox/{name}",
            data,
            {"Content-Type": "application/json"},
            method=method,
        )
        with urllib.request.urlopen(request) as response:
            return json.load(response)


@pytest.fixture
def connect() -> Iterator[Callable[..., Api]]:
    made: list[stripe.RequestsClient] = []

    def make(server: SandboxServer, key: str = "sk_test_sandbox", timeout: float = 20.0) -> Api:
        http_client = stripe.RequestsClient(timeout=timeout)
        made.append(http_client)
        client = StripeClient(
            key, base_addresses={"api": server.url}, http_client=http_client, max_network_retries=0
        )
        return Api(client, server.url)

    yield make
    for http_client in made:
        http_client.close()


@pytest.fixture
def api(sandbox: SandboxServer, connect: Callable[..., Api]) -> Api:
    return connect(sandbox)
