"""`paymail sync --follow` is killed while host and staff go on: `python -m tests.faults.sync_kills`.

The host plays the seed's schema on PostgreSQL. At the end both sides are compared, and every difference is
printed; the exit code is 1 if there is one.
"""

import argparse
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import psycopg
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from paymail import observability
from paymail.db import make_engine, schema
from paymail.models import Channel, HostSync, Invoice, InvoiceStatus, Issuer
from paymail.services.payments.manual_payments import ManualPayment, record_payment
from paymail.settings import Settings
from paymail.wiring import App, build
from tests import seed_host
from tests.conftest import environment, free_port
from tests.factories import NOW
from tests.faults import sync_process
from tests.faults.host_program import VOIDED
from tests.faults.sync_agreement import differences
from tests.postgres import Cluster

LONGEST = 300.0
"""Seconds for a start and a run, beside whatever else the machine does."""


@dataclass
class Trial:
    """One database of paymail, one host, and what happened."""

    folder: Path
    database_url: str
    host_url: str
    told_by: str
    chance: random.Random
    kills: int = 0
    payments: dict[str, tuple[str, int]] = field(default_factory=dict)
    """By reference: number and amount of each payment that was recorded here."""

    @property
    def variables(self) -> dict[str, str]:
        """The settings of the process that is killed."""
        return environment(
            self.folder,
            PAYMAIL_DATABASE_URL=self.database_url,
            PAYMAIL_HOST_DATABASE_URL=self.host_url,
            PAYMAIL_HOST_TOLD_BY=self.told_by,
            PAYMAIL_HOST_SYNC_SECONDS="1",
            PAYMAIL_HOST_OVERLAP_MINUTES="0.2",
        )

    def run(self, kills: int) -> list[str]:
        """Kill it so often; return the differences between both sides afterwards."""
        with _app(self) as app, _host_program(self), _staff(self, app):
            for _ in range(kills):
                self._follow_and_kill(app)
        for _ in range(2):
            process = sync_process.start(["sync"], self.variables, self.folder / "said")
            process.join(LONGEST)
            assert process.exitcode in (0, 4), (self.folder / "said").read_text()
        with _app(self) as app, psycopg.connect(self.host_url, autocommit=True) as host:
            return differences(app, host, self.payments, told_by=self.told_by)

    def _follow_and_kill(self, app: App) -> None:
        """Every third time a run has ended before the kill: none might ever end otherwise."""
        ended = _last_end(app)
        said = self.folder / f"said{self.kills}"
        said.touch()
        process = sync_process.start(["sync", "--accept", "--follow"], self.variables, said)
        deadline = time.monotonic() + LONGEST
        while b"following" not in said.read_bytes() or (self.kills % 3 == 1 and _last_end(app) == ended):
            assert process.is_alive(), said.read_text()
            assert time.monotonic() < deadline, said.read_text()
            time.sleep(0.05)
        time.sleep(self.chance.random() * 3)
        assert process.is_alive(), said.read_text()
        process.kill()
        process.join()
        self.kills += 1


@contextmanager
def _app(trial: Trial) -> Iterator[App]:
    app = build(Settings(data_dir=trial.folder, database_url=trial.database_url))
    yield app
    app.close()


def _last_end(app: App) -> datetime | None:
    with app.reading() as session:
        return session.scalar(select(HostSync.ended_at))


@contextmanager
def _host_program(trial: Trial) -> Iterator[None]:
    seed = str(trial.chance.randrange(10**6))
    program = subprocess.Popen([sys.executable, "-m", "tests.faults.host_program", trial.host_url, seed])
    try:
        yield
        assert program.poll() is None, "the host's program has failed"
    finally:
        program.terminate()
        program.wait(30)


@contextmanager
def _staff(trial: Trial, app: App) -> Iterator[None]:
    """Record payments here meanwhile."""
    over = threading.Event()
    failed: list[BaseException] = []

    def work() -> None:
        try:
            while not over.wait(0.5 + trial.chance.random()):
                _pay_one(trial, app)
        except BaseException as error:
            failed.append(error)
            raise

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
    assert not failed, failed


def _pay_one(trial: Trial, app: App) -> None:
    with app.reading() as session:
        statement = select(Invoice).where(Invoice.status == InvoiceStatus.SENT, Invoice.shortfall > 0)
        owed = [one for one in session.scalars(statement) if int(one.number) % 10 != VOIDED]
    if not owed:
        return
    chosen = trial.chance.choice(owed)
    reference = f"payment {len(trial.payments)}"
    amount = trial.chance.randint(1, min(chosen.balance, 2000))
    asked = ManualPayment(amount, Channel.BANK_TRANSFER, datetime.now(UTC).date(), reference)
    try:
        with app.transaction() as session:
            record_payment(session, invoice_id=chosen.invoice_id, asked=asked, actor="staff", now=app.now())
    except OperationalError:
        return  # on a busy machine a page is written for longer than a lock is waited for
    trial.payments[reference] = (chosen.number, amount)


def prepare(database_url: str) -> None:
    """Bring a database to the newest schema, with an issuer."""
    engine = make_engine(database_url)
    schema.upgrade(engine)
    engine.dispose()
    add_issuer(database_url)


def add_issuer(database_url: str) -> None:
    """Put the issuer in."""
    app = build(Settings(data_dir=Path(tempfile.mkdtemp(prefix="paymail-sync-")), database_url=database_url))
    with app.transaction() as session:
        session.add(
            Issuer(name="Southern IT", email="b@southern-it.example", tax_id="51 824 753 556", created_at=NOW)
        )
    app.close()


def told_by_function(host_url: str) -> None:
    """Let the host be told by the documented function instead of the table."""
    _table, view, _lines, _user, _notification, function = seed_host.documented()
    with psycopg.connect(host_url, autocommit=True) as host:
        host.execute(function.encode())
        through = view.replace("coalesce(u.amount_paid_here, 0)", "i.paid_through_paymail")
        host.execute(through.replace("CREATE VIEW", "CREATE OR REPLACE VIEW").encode())


def main() -> int:
    """Try each database; print a line of figures, and every difference."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--database", choices=["sqlite", "postgresql"])
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    asked = parser.parse_args()
    observability.configure("WARNING", as_json=False)
    found = 0
    with Cluster(free_port()) as cluster:
        template = seed_host.make_template(cluster)
        for name in [asked.database] if asked.database else ["sqlite", "postgresql"]:
            found += len(_tried(cluster, template, name, asked.kills, asked.seed))
    return 1 if found else 0


def _tried(cluster: Cluster, template: str, name: str, kills: int, seed: int) -> list[str]:
    folder = Path(tempfile.mkdtemp(prefix="paymail-sync-"))
    url = f"sqlite:///{folder / 'paymail.db'}" if name == "sqlite" else cluster.create("ours")
    prepare(url)
    begun = time.monotonic()
    with seed_host.host(cluster, template, f"host_{name}") as host_url:
        told_by = "table" if name == "sqlite" else "function"
        if told_by == "function":
            told_by_function(host_url)
        trial = Trial(folder, url, host_url, told_by, random.Random(seed))
        found = trial.run(kills)
        with psycopg.connect(host_url) as host:
            (invoices,) = host.execute("SELECT count(*) FROM invoices").fetchone() or (0,)
    print(
        f"{name}, told by {told_by}: {trial.kills} kills, {invoices} invoices,"
        f" {len(trial.payments)} payments recorded here, {len(found)} differences,"
        f" {time.monotonic() - begun:.0f} s (seed {seed})"
    )
    for line in found:
        print(f"  {line}")
    return found


if __name__ == "__main__":
    sys.exit(main())
