"""A market for payment faults: web application and sandbox, each a real HTTP server, and one database.

The gateway is the real one, by the SDK over HTTP. Only the clock is the test's: it runs faster, and jumps.
"""

import json
import threading
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from paymail import clock
from paymail.sandbox.config import SandboxConfig
from paymail.sandbox.server import SandboxServer
from paymail.services.payments.webhook_inbox import USED_EVENTS
from paymail.settings import Settings
from paymail.web.app import create_app
from paymail.wiring import App, build
from tests.conftest import free_port, wait_for_port
from tests.faults.naive_till import believe_events

UNLIMITED = {name: "1000000/minute" for name in Settings.model_fields if name.endswith("rate_limit")}
"""All customers of a storm come from one address."""
STRIPE_TIMEOUT = 1.0


@dataclass
class Clock:
    """Runs `speed` times as fast as the wall, and jumps on demand."""

    speed: float = 20.0
    start: datetime = field(default_factory=clock.utc_now)
    jumped: timedelta = timedelta(0)

    def now(self) -> datetime:
        return self.start + (clock.utc_now() - self.start) * self.speed + self.jumped


@dataclass
class Market:
    """What a payment storm works with.

    `given` are the intents whose secret a customer got, per invoice; `shown` the amounts that customers were
    told an intent is for.
    """

    app: App
    clock: Clock
    web: str
    stripe: str
    given: dict[int, set[str]] = field(default_factory=dict)
    shown: dict[str, set[int]] = field(default_factory=dict)
    webhooks: Counter[int] = field(default_factory=Counter)
    """Deliveries of webhooks by the status that they were answered with."""

    def hand_out(self, invoice_id: int, intent_id: str, amount: int) -> None:
        """Remember that a customer holds the secret of an intent, and sees an amount beside it."""
        self.given.setdefault(invoice_id, set()).add(intent_id)
        self.shown.setdefault(intent_id, set()).add(amount)

    def ask(self, url: str, body: object = None, method: str = "POST") -> tuple[int, Any]:
        """Ask a server in JSON; return the status (0: no answer) and the body."""
        data = None if body is None else json.dumps(body).encode()
        asked = urllib.request.Request(url, data, {"Content-Type": "application/json"}, method=method)
        try:
            with urllib.request.urlopen(asked, timeout=30) as answer:
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.loads(error.read() or b"{}")
        except OSError:
            return 0, {}

    def control(self, name: str, method: str = "POST", **body: object) -> Any:
        """Tell the sandbox something, or ask it (GET)."""
        return self.ask(f"{self.stripe}/_sandbox/{name}", body if method == "POST" else None, method)[1]


class Counted:
    """An application whose answers to webhooks are counted."""

    def __init__(self, app: ASGIApp, market: Market) -> None:
        self._app, self._market = app, market

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def counted(message: Message) -> None:
            if message["type"] == "http.response.start" and scope["path"] == "/webhooks/stripe":
                self._market.webhooks[message["status"]] += 1
            await send(message)

        await self._app(scope, receive, counted)


class Server(threading.Thread):
    """uvicorn in a thread."""

    def __init__(self, app: ASGIApp, port: int) -> None:
        super().__init__(name="market-web", daemon=True)
        self._server = uvicorn.Server(
            uvicorn.Config(app, port=port, log_level="critical", timeout_graceful_shutdown=1, ws="none")
        )

    def run(self) -> None:
        self._server.run()

    def stop(self) -> None:
        self._server.should_exit = True
        self.join(15)


@contextmanager
def open_market(folder: Path, database_url: str, *, naive: bool = False) -> Iterator[Market]:
    """Open a market on a migrated database; with `naive` its webhook believes what events say."""
    port = free_port()
    config = SandboxConfig(
        webhook_url=f"http://127.0.0.1:{port}/webhooks/stripe",
        webhook_events=USED_EVENTS,
        webhook_timeout_s=5,
    )
    time_ = Clock()
    with SandboxServer(config) as stripe:
        settings = Settings(
            data_dir=folder / "market",
            database_url=database_url,
            sandbox_url=stripe.url,
            stripe_timeout=STRIPE_TIMEOUT,
            **UNLIMITED,
        )
        app = replace(build(settings), now=time_.now)
        market = Market(app, time_, f"http://127.0.0.1:{port}", stripe.url)
        site = create_app(app)
        web = Server(Counted(believe_events(app, site) if naive else site, market), port)
        web.start()
        wait_for_port(port)
        yield market
        web.stop()
        app.close()
