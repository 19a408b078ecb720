"""One fault test's world: a database with its witness, a broker, the sink, the driver and the crew."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import kombu.pools
from sqlalchemy import ColumnElement, func, select, true
from sqlalchemy.exc import SQLAlchemyError

from paymail import clock
from paymail.models import Message, MessageState
from paymail.settings import Settings
from paymail.wiring import App, build
from tests.faults import audit, evidence, journal, pace
from tests.faults.checker import ENDS
from tests.faults.crew import Crew, Hand
from tests.faults.driver import Driver
from tests.faults.evidence import Evidence
from tests.faults.orders import Orders, running_sink
from tests.faults.pace import Pace


@dataclass(frozen=True)
class Office:
    """What a fault test works with."""

    folder: Path
    app: App
    """The driver's App: same database, same broker, same time."""
    crew: Crew
    driver: Driver
    orders: Orders
    """What the sink is told."""
    pace: Pace

    @property
    def lease(self) -> float:
        """The lease in seconds of the wall."""
        return self.app.settings.lease_seconds / self.pace.speed

    def worker(self, failpoint: str = "", *, pool: str = "threads", concurrency: int = 2) -> Hand:
        """Start a worker, which may die or stop at a failpoint (`failpoints.Failpoint`)."""
        more = {"FAULTS_FAILPOINT": failpoint}
        return self.crew.hire("worker", more, pool=pool, concurrency=concurrency)

    def states(self) -> Mapping[str, int]:
        """Count the messages by state; nothing while the database is away."""
        return self._count(true())

    def states_of(self, kind: str) -> Mapping[str, int]:
        return self._count(Message.kind == kind)

    def _count(self, which: ColumnElement[bool]) -> Mapping[str, int]:
        statement = select(Message.state, func.count()).where(which).group_by(Message.state)
        try:
            with self.app.reading() as session:
                return {str(state): count for state, count in session.execute(statement)}
        except SQLAlchemyError:
            return {}

    def ended(self) -> int:
        return sum(count for state, count in self.states().items() if MessageState(state) in ENDS)

    def all_ended(self) -> bool:
        states = self.states()
        return bool(states) and all(MessageState(state) in ENDS for state in states)

    def until_all_ended(self, seconds: float = 60) -> None:
        """Wait until no message is open."""
        until(self.all_ended, seconds, self.states)

    def still(self, seconds: float) -> bool:
        """Wait, and say whether no message has changed its state meanwhile."""
        before, deadline = self.states(), time.monotonic() + seconds
        while self.states() == before and time.monotonic() < deadline:
            time.sleep(0.05)
        return self.states() == before

    def until_handed(self, count: int, seconds: float = 30) -> None:
        """Wait until the sink has seen so many dots."""
        until(lambda: len(self.dots()) >= count, seconds, self.states)

    def dots(self) -> Sequence[dict[str, Any]]:
        return [event for event in journal.read(self.handed) if event["phase"] == "dot"]

    @property
    def handed(self) -> Path:
        return self.folder / "handed.jsonl"

    def evidence(self) -> Evidence:
        """Read all the books."""
        return evidence.gather(self.app.engine, promised=self.folder / "promised.jsonl", handed=self.handed)


@contextmanager
def open_office(
    folder: Path,
    database_url: str,
    broker_url: str = "",
    *,
    speed: float = 20.0,
    lease: int = 60,
    seed: int = 1,
    transport: str = "smtp",
) -> Iterator[Office]:
    """Open an office on a migrated database; `lease` in seconds at `speed`. Nothing outlives the block."""
    folder.mkdir(parents=True, exist_ok=True)
    time_ = Pace(clock.utc_now(), speed)
    with ExitStack() as stack:
        orders = stack.enter_context(running_sink(folder, log=folder / "handed.jsonl", seed=seed))
        found = {
            "database_url": database_url,
            "broker_url": broker_url,
            "mail_transport": transport,
            "smtp_port": orders.port,
            "smtp_security": "none",
            "lease_seconds": lease,
            "smtp_timeout_final": min(60.0, lease - 0.5),
            "sweep_seconds": 0.3,
            "reconcile_minutes": 0,  # the workers' gateway stands for one answer of Stripe's, and no lists
            "log_level": "WARNING",
        }
        app = replace(build(Settings(data_dir=folder / "data", **found)), now=time_.now)
        stack.callback(app.close)
        stack.callback(kombu.pools.reset)  # shared by URL within a process, also with the next test
        audit.install(app.engine)
        given = {f"PAYMAIL_{name.upper()}": str(value) for name, value in found.items()}
        given |= {"PAYMAIL_DATA_DIR": str(folder / "data"), pace.VARIABLE: time_.encode()}
        driver = Driver(app, folder / "promised.jsonl")
        stack.callback(driver.close)
        crew = stack.enter_context(Crew(folder, given))
        yield Office(folder, app, crew, driver, orders, time_)


def until(
    reached: Callable[[], object], seconds: float = 30, tell: Callable[[], object] = lambda: ""
) -> None:
    """Poll until `reached`; raise with what `tell` says when it is not in time."""
    deadline = time.monotonic() + seconds
    while not reached():
        if time.monotonic() > deadline:
            raise TimeoutError(f"it did not happen in {seconds} s: {tell()}")
        time.sleep(0.02)
