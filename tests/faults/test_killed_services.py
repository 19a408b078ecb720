"""`paymail up` with everything real but the mail server: each service killed, then the supervisor itself."""

import json
import os
import signal
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from paymail.models import Invoice, Message, MessageState
from paymail.sandbox.customer import pay
from paymail.settings import Settings
from paymail.wiring import App, build
from tests.faults import audit, debtors, evidence
from tests.faults.checker import ENDS, check, describe
from tests.faults.driver import Driver
from tests.faults.office import until
from tests.faults.orders import running_sink
from tests.journeys.conftest import Up

BUYERS = range(1, 7)
SERVICES = ("web", "worker", "beat")


@dataclass
class House:
    """A running `paymail up`, its driver and its books."""

    up: Up
    app: App
    driver: Driver
    folder: Path

    def pid(self, service: str) -> int:
        """Return the process that runs a service of the present supervisor, or 0."""
        for pid in self.up.children():
            with suppress(OSError):
                words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
                if words[3:4] == [service.encode()]:
                    return pid
        return 0

    def kill(self, service: str) -> None:
        """SIGKILL a service and wait until the supervisor has replaced it."""
        until(lambda: self.pid(service), tell=lambda: service)
        killed = self.pid(service)
        os.kill(killed, signal.SIGKILL)
        until(lambda: self.pid(service) not in (0, killed), tell=lambda: service)

    def post(self, path: str, body: dict[str, str]) -> dict[str, Any]:
        """Ask the web, as often as it takes: it is being killed."""
        answers: list[dict[str, Any]] = []

        def asked() -> bool:
            request = urllib.request.Request(
                self.up.url + path, json.dumps(body).encode(), {"Content-Type": "application/json"}
            )
            with (
                suppress(OSError, urllib.error.URLError),
                urllib.request.urlopen(request, timeout=10) as answer,
            ):
                answers.append(json.load(answer))
            return bool(answers)

        until(asked, 60)
        return answers[0]

    def buy(self, number: int) -> None:
        """Pay an invoice as its customer would, and note what was acknowledged."""
        with self.app.reading() as session:
            token = session.get_one(Invoice, number).payment_token
        created = self.post(f"/api/public/pay/{token}/create-payment", {})
        intent = pay(str(created["clientSecret"]), base_url=self.app.settings.sandbox_url)
        self.post(f"/api/public/pay/{token}/confirm-payment", {"paymentIntentId": intent["id"]})
        self.driver.note_payment(str(intent["id"]))

    def kill_supervisor(self) -> None:
        """SIGKILL the supervisor; its children must not outlive it."""
        children = self.up.children()
        self.up.process.kill()
        self.up.process.wait()
        until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in children), tell=lambda: children)

    def states(self) -> set[MessageState]:
        with self.app.reading() as session:
            return set(session.scalars(select(Message.state)))

    def all_ended(self) -> bool:
        return self.states() <= set(ENDS)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with running_sink(tmp_path, log=tmp_path / "handed.jsonl") as orders, ExitStack() as stack:
        settings = {
            "PAYMAIL_MAIL_TRANSPORT": "smtp",
            "PAYMAIL_SMTP_PORT": str(orders.port),
            "PAYMAIL_SMTP_SECURITY": "none",
            "PAYMAIL_LEASE_SECONDS": "5",
            "PAYMAIL_SMTP_TIMEOUT_FINAL": "4.5",
            "PAYMAIL_SWEEP_SECONDS": "0.5",
        }
        (tmp_path / "data").mkdir()
        up = Up(tmp_path / "data", "--no-sample-data", **settings)
        stack.callback(lambda: (up.process.kill(), up.process.wait()))  # the present one; its children follow
        up.wait()
        app = build(Settings(data_dir=up.folder))
        stack.callback(app.close)
        audit.install(app.engine)
        driver = Driver(app, tmp_path / "promised.jsonl")
        stack.callback(driver.close)
        yield House(up, app, driver, tmp_path)


def test_services_and_their_supervisor_are_killed_and_nothing_is_lost_or_doubled(house: House) -> None:
    with house.app.transaction() as session:
        for number in BUYERS:
            debtors.make_debtor(session, number)
    with ThreadPoolExecutor(2) as customers:
        purchases = [customers.submit(house.buy, number) for number in BUYERS]
        for batch, service in enumerate(SERVICES, 1):
            assert house.driver.queue(range(batch * 100, batch * 100 + 4))
            house.kill(service)
        for purchase in purchases:
            purchase.result(90)
    assert house.driver.queue(range(1000, 1010))
    house.kill_supervisor()
    house.up.process = house.up.start("--no-sample-data")
    house.up.wait()
    until(house.all_ended, 60, house.states)
    found = evidence.gather(
        house.app.engine, promised=house.folder / "promised.jsonl", handed=house.folder / "handed.jsonl"
    )
    assert not (breaches := check(found)), describe(breaches)
    assert len(found.payments) == len(BUYERS)
