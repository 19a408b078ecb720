"""What one delivered email costs in the database: statements, commits, processor time; no PDF and no SMTP.

`python -m benchmarks.bookkeeping`: the messages are delivered in one process by the real services, with a
writer and a mail server that cost nothing. The sides take turns in one run: one message at a time, as a
doorbell does it, and the sweep's batches.
"""

import os
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

from sqlalchemy import Engine, event, text

from paymail import db, observability
from paymail.clock import utc_now
from paymail.db import make_engine, schema
from paymail.services.delivery import deliveries
from paymail.services.delivery.deliveries import DeliveryContext
from paymail.services.delivery.outcomes import RetryPolicy
from paymail.services.reminders.by_hand import remind_by_hand
from paymail.services.sending.invoice_emails import send_invoice
from tests.conftest import free_port
from tests.factories import LedgerGateway, PlainWriter, ScriptedMailer, make_invoice
from tests.postgres import Cluster

EMAILS, ROUNDS = 40, 3
TICKS = os.sysconf("SC_CLK_TCK")
Work = Callable[[DeliveryContext], None]


@dataclass
class Cost:
    """Of some emails, for one of them."""

    statements: list[float] = field(default_factory=list)
    commits: list[float] = field(default_factory=list)
    milliseconds: list[float] = field(default_factory=list)
    """Processor time of this process and of the database's server."""

    def __str__(self) -> str:
        return (
            f"{statistics.median(self.statements):5.2f} statements, {statistics.median(self.commits):4.2f}"
            f" commits, {statistics.median(self.milliseconds):5.2f} ms of processor time"
        )


def main() -> None:
    """Print a line per database, kind and side, and the ratios."""
    observability.configure("WARNING", as_json=False)
    for name, opened in (("SQLite", on_sqlite), ("PostgreSQL", on_postgresql)):
        with opened() as (engine, pids):
            for kind in ("invoice", "reminder"):
                costs = measure(engine, pids, kind)
                for side, cost in costs.items():
                    print(f"{name:10} {kind:8} {side:6} {cost}")
                single, batch = (statistics.median(c.milliseconds) for c in costs.values())
                print(f"{name:10} {kind:8} single : batch = {single / batch:.2f}")


@contextmanager
def on_sqlite() -> Iterator[tuple[Engine, Callable[[], list[int]]]]:
    """A file, as the embedded topology has it."""
    with tempfile.TemporaryDirectory(prefix="paymail-bench-") as folder:
        engine = make_engine(f"sqlite:///{folder}/paymail.db")
        schema.upgrade(engine)
        yield engine, list
        engine.dispose()


@contextmanager
def on_postgresql() -> Iterator[tuple[Engine, Callable[[], list[int]]]]:
    """A server of its own, with fsync."""
    with ExitStack() as stack:
        cluster = stack.enter_context(Cluster(free_port(), fsync=True))
        engine = make_engine(cluster.create("bench"))
        schema.upgrade(engine)

        def pids() -> list[int]:
            with engine.connect() as connection:
                query = "SELECT pid FROM pg_stat_activity WHERE application_name = 'paymail'"
                return list(connection.scalars(text(query)))

        yield engine, pids
        engine.dispose()


def measure(engine: Engine, pids: Callable[[], list[int]], kind: str) -> dict[str, Cost]:
    """Let the sides take turns, on messages that are queued for each turn."""
    context = DeliveryContext(
        transaction=lambda: db.transaction(engine),
        now=utc_now,
        writer=PlainWriter(),
        mailer=ScriptedMailer(),
        gateway=LedgerGateway(),
        public_url="https://pay.example",
        lease=timedelta(seconds=120),
        retries=RetryPolicy(attempts=3, deadline=timedelta(hours=48)),
    )
    sides: dict[str, Work] = {"single": singly, "batch": in_batches}
    costs = {side: Cost() for side in sides}
    for turn in range(-1, ROUNDS):  # the first turn only warms up
        for side, work in sides.items():
            queue(context, kind)
            found = replace(context, mailer=ScriptedMailer())
            counts, milliseconds = counted(engine, pids, lambda work=work, found=found: work(found))  # type: ignore[misc]
            assert len(found.mailer.delivered) == EMAILS  # type: ignore[attr-defined]
            if turn >= 0:
                costs[side].statements.append(counts["statements"] / EMAILS)
                costs[side].commits.append(counts["commits"] / EMAILS)
                costs[side].milliseconds.append(milliseconds / EMAILS)
    return costs


def singly(context: DeliveryContext) -> None:
    while deliveries.deliver(context):
        pass


def in_batches(context: DeliveryContext) -> None:
    deliveries.sweep(context, limit=10 * EMAILS)


_NUMBERS = iter(range(1000, 10**9))


def queue(context: DeliveryContext, kind: str) -> None:
    """Queue emails about invoices of customers of their own."""
    with context.transaction() as session:
        numbers = [next(_NUMBERS) for _ in range(EMAILS)]
        for number in numbers:
            make_invoice(session, invoice_id=number, name=f"C{number}", email=f"c{number}@buyer.example")
    for number in numbers:
        with context.transaction() as session:
            if kind == "invoice":
                send_invoice(session, invoice_id=number, actor="benchmark", now=context.now())
            else:
                remind_by_hand(session, invoice_id=number, actor="benchmark", now=context.now())


def counted(
    engine: Engine, pids: Callable[[], list[int]], work: Callable[[], None]
) -> tuple[Counter[str], float]:
    """Return what `work` asked of the database, and the processor time of all concerned, in milliseconds."""
    counts: Counter[str] = Counter()

    def note_statement(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        counts["statements"] += not statement.startswith("BEGIN")  # which only SQLite's driver is told

    def note_commit(*_given: object) -> None:
        counts["commits"] += 1

    event.listen(engine, "before_cursor_execute", note_statement)
    event.listen(engine, "commit", note_commit)
    served = pids()
    counts.clear()
    before, started = served_time(served), time.process_time()
    work()
    own = time.process_time() - started
    spent = own + served_time(served) - before
    event.remove(engine, "before_cursor_execute", note_statement)
    event.remove(engine, "commit", note_commit)
    return counts, spent * 1000


def served_time(pids: list[int]) -> float:
    """Return the seconds of processor time that some processes have taken."""
    ticks = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / TICKS


if __name__ == "__main__":
    main()
