"""What queueing and planning cost per email, beside another checkout of this repository.

`python -m benchmarks.sets [CHECKOUT …]`: single sends, a bulk send and the planning of reminders for some
hundred invoices, on SQLite and PostgreSQL. The sides take turns, each turn is a process and a database of its
own; printed are medians of the CPU of that process and of its connections' server processes, and statements.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from sqlalchemy import Engine, event, text

from paymail import db
from paymail.db import make_engine
from paymail.db.schema import upgrade
from paymail.services.core.contexts import Context
from paymail.services.reminders import planner
from paymail.services.sending import bulk
from paymail.services.sending.bulk import Selection
from paymail.services.sending.invoice_emails import send_invoice
from tests.conftest import free_port
from tests.factories import NOW, make_invoice
from tests.postgres import Cluster

INVOICES = 400
SINGLY = 100
ROUNDS = 3
HERE = Path(__file__).resolve().parent.parent
TICKS = os.sysconf("SC_CLK_TCK")
Costs = dict[str, tuple[float, float]]
"""Milliseconds of CPU and statements, per invoice, of each use case."""


def main(sides: list[Path]) -> None:
    """Print a line per database, use case and side."""
    with tempfile.TemporaryDirectory() as folder, Cluster(free_port(), fsync=True) as cluster:
        for kind in ("sqlite", "postgresql"):
            found: dict[Path, list[Costs]] = {side: [] for side in sides}
            for turn in range(ROUNDS):
                for at, side in enumerate(sides):
                    name = f"{kind}_{turn}_{at}"
                    url = f"sqlite:///{folder}/{name}.db" if kind == "sqlite" else cluster.create(name)
                    found[side].append(measured(side, url))
            for use in found[sides[0]][0]:
                show(kind, use, {side: [one[use] for one in found[side]] for side in sides})


def measured(side: Path, url: str) -> Costs:
    """Measure one side in a process of its own, by this file and that side's code."""
    command = [sys.executable, str(Path(__file__).resolve()), "--child", url]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=True,
        cwd=side,
        env={**os.environ, "PYTHONPATH": str(side)},
    )
    return json.loads(done.stdout.splitlines()[-1])  # type: ignore[no-any-return]


def show(kind: str, use: str, found: dict[Path, list[tuple[float, float]]]) -> None:
    """Print what a use case cost on each side, and the first side's share of the others'."""
    own = statistics.median(cpu for cpu, _statements in found[HERE])
    for side, costs in found.items():
        cpu = statistics.median(cpu for cpu, _statements in costs)
        print(
            f"{kind:10}  {use:13}  {side.name:12}  {cpu:6.2f} ms CPU, {costs[0][1]:5.2f} statements"
            f" per invoice; here : there {own / cpu:.2f}",
            flush=True,
        )


def child(url: str) -> None:
    """Measure and print as JSON."""
    engine = make_engine(url)
    upgrade(engine)
    with db.transaction(engine) as session:
        for number in range(1, INVOICES + SINGLY + 1):
            make_invoice(session, invoice_id=number, reminders=number <= INVOICES, due_in=1)
    with engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("ANALYZE"))
    context = Context(lambda: db.transaction(engine), lambda: NOW + timedelta(days=1))
    count = [0]
    event.listen(engine, "before_cursor_execute", lambda *_given: count.__setitem__(0, count[0] + 1))

    def cost(work: Callable[[], None], invoices: int) -> tuple[float, float]:
        before, count[0] = cpu_of(engine), 0
        work()
        return (cpu_of(engine) - before) * 1000 / invoices, count[0] / invoices

    costs = {
        "single send": cost(lambda: singly(context), SINGLY),
        "planning": cost(lambda: plan(context), INVOICES),
        "bulk send": cost(lambda: in_bulk(context), INVOICES),
    }
    with db.transaction(engine) as session:
        kinds = dict(session.execute(text("SELECT kind, count(*) FROM messages GROUP BY kind")).all())
    assert kinds == {"invoice": INVOICES + SINGLY, "reminder": INVOICES}, kinds
    print(json.dumps(costs))


def singly(context: Context) -> None:
    """Send the invoices that no reminder is due of, each in a transaction."""
    for number in range(INVOICES + 1, INVOICES + SINGLY + 1):
        with context.transaction() as session:
            send_invoice(session, invoice_id=number, actor="benchmark", now=context.now())


def in_bulk(context: Context) -> None:
    """Send all the others."""
    with context.transaction() as session:
        selection = Selection(currency="AUD", highest=INVOICES)
        bulk.start(session, selection=selection, actor="benchmark", now=context.now())
    bulk.expand_all(context)


def plan(context: Context) -> None:
    """Plan the reminders that are due."""
    while planner.plan_due(context):
        pass


def cpu_of(engine: Engine) -> float:
    """Return seconds of CPU of this process and of the server processes of its database's connections."""
    own = time.process_time()
    if engine.dialect.name == "sqlite":
        return own
    with engine.connect() as connection:
        pids = connection.scalars(
            text("SELECT pid FROM pg_stat_activity WHERE datname = current_database()")
        ).all()
    return own + sum(_ticks(pid) for pid in pids) / TICKS


def _ticks(pid: int) -> int:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        child(sys.argv[2])
    else:
        main([HERE, *(Path(side).resolve() for side in sys.argv[1:])])
