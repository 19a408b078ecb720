"""Real workers on both brokers and both databases: the doorbell is quick, and nothing depends on it."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import kombu.pools
import pytest
import redis
from sqlalchemy import select

from paymail.models import Message, MessageState
from paymail.services.sending.invoice_emails import send_invoice
from paymail.settings import Settings
from paymail.wiring import App, build
from tests.conftest import environment
from tests.factories import make_invoice

EXTREMES = pytest.mark.parametrize(
    ("database_url", "broker_url"), [("sqlite", "filesystem"), ("postgresql", "redis")], indirect=True
)
"""Where it takes neither each database nor each broker, but one of both."""
NEVER = "60"
"""Seconds between sweeps where only the doorbell is to bring the work."""


@dataclass
class Works:
    """An App that queues, and worker processes that deliver."""

    app: App
    environment: dict[str, str]
    processes: list[subprocess.Popen[bytes]]

    def start(self, *arguments: str, sweep: str = NEVER) -> subprocess.Popen[bytes]:
        """Start a service with its output in a file of its own."""
        log = self.app.settings.data_dir / f"{arguments[0]}-{len(self.processes)}.log"
        with log.open("wb") as out:
            process = subprocess.Popen(
                [sys.executable, "-m", "paymail", *arguments],
                env={**self.environment, "PAYMAIL_SWEEP_SECONDS": sweep},
                stdout=out,
                stderr=subprocess.STDOUT,
            )
        self.processes.append(process)
        return process

    def worker(self, pool: str = "threads", sweep: str = NEVER) -> None:
        """Start a worker and wait until it has swept once, so that only the doorbell is left."""
        first = self.send(1)
        self.start("worker", "--pool", pool, "--concurrency", "2", sweep=sweep)
        self.until_sent(first)

    def send(self, invoice_id: int) -> int:
        with self.app.transaction() as session:
            make_invoice(session, invoice_id=invoice_id, name=f"Customer {invoice_id}")
            queued = send_invoice(session, invoice_id=invoice_id, actor="test", now=self.app.now())
        return queued.message_id

    def state(self, message_id: int) -> MessageState | None:
        with self.app.reading() as session:
            return session.scalar(select(Message.state).where(Message.message_id == message_id))

    def until_sent(self, message_id: int, seconds: float = 120) -> float:
        """Wait until the message is sent; return how long it took."""
        started = time.monotonic()
        until(lambda: self.state(message_id) is MessageState.SENT, seconds)
        return time.monotonic() - started

    def emails(self) -> int:
        return len(list(self.app.mailbox.glob("*.eml")))


def until(reached: Callable[[], bool], seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


@pytest.fixture(params=["filesystem", "redis"])
def broker_url(request: pytest.FixtureRequest) -> str:
    if request.param == "filesystem":
        return ""
    url: str = request.getfixturevalue("redis_url")
    with redis.Redis.from_url(url) as client:
        client.flushall()
    return url


@pytest.fixture
def works(settings: Settings, broker_url: str) -> Iterator[Works]:
    app = build(settings.model_copy(update={"broker_url": broker_url}))
    processes: list[subprocess.Popen[bytes]] = []
    yield Works(
        app,
        environment(
            settings.data_dir,
            PAYMAIL_DATABASE_URL=settings.database_url,
            PAYMAIL_BROKER_URL=broker_url,
            PAYMAIL_SANDBOX_URL=settings.sandbox_url,
            # The sandbox has what other tests did, and the reconciler would write to staff about it.
            PAYMAIL_RECONCILE_MINUTES="0",
        ),
        processes,
    )
    for process in processes:
        process.terminate()
    for process in processes:
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    kombu.pools.reset()  # they are shared by URL within a process, also with the next test
    app.close()


def test_the_doorbell_brings_a_message_out_at_once(works: Works) -> None:
    works.worker()
    works.until_sent(works.send(2), seconds=45)  # before the next sweep
    assert works.emails() == 2


@EXTREMES
def test_a_hint_that_is_lost_costs_a_sweep_and_no_message(works: Works) -> None:
    works.worker(sweep="0.5")
    object.__setattr__(works.app, "doorbell", Silent())
    works.until_sent(works.send(2))
    assert works.emails() == 2


def test_two_workers_and_a_beat_deliver_each_message_once(works: Works) -> None:
    for _ in range(2):
        works.start("worker", "--pool", "threads", "--concurrency", "2", sweep="0.2")
    works.start("beat", sweep="0.2")
    ids = [works.send(number) for number in range(1, 21)]
    for message_id in ids:
        works.until_sent(message_id)
    # What was sent twice would have been by the time that a later one has gone out.
    works.until_sent(works.send(21))
    assert works.emails() == 21


class Silent:
    """A doorbell that nobody hears."""

    def ring(self, message_id: int) -> None:
        """Say nothing."""

    def ring_event(self, event_id: str) -> None:
        """Say nothing."""
