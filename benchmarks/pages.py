"""Server time of staff pages over many invoices on PostgreSQL.

    python -m benchmarks.pages [INVOICES] [--url URL] [--only TEXT] [--slow MS]

Without a URL it starts a server of its own and removes it; an empty database at a URL is filled, another is
used as it is. Of each page: the least of seven requests in milliseconds, without a network; the CPU of this
process and of the database's; the statements, and the buffers that EXPLAIN (ANALYZE, BUFFERS) counts for
them, which does not depend on who else uses the machine. `--slow` prints the plans of statements above MS.
"""

import argparse
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, text
from starlette.testclient import TestClient

from benchmarks.many_invoices import fill
from paymail.db import make_engine, schema
from paymail.services.access.staff_passwords import set_password
from paymail.services.delivery import deliveries
from paymail.services.payments import intent_cancellation, webhook_inbox
from paymail.services.refunds import refund_requests
from paymail.services.sending import bulk
from paymail.settings import Settings
from paymail.web.app import create_app
from paymail.web.staff.shell import NavCounts
from paymail.wiring import App, build
from tests.conftest import free_port
from tests.postgres import Cluster

PAGES = (
    "/",
    "/?company=2",
    "/invoices",
    "/invoices?after={half}",
    "/invoices?payment=owed",
    "/invoices?payment=owed&company=2",
    "/invoices?payment=owed&delivery=not-emailed",
    "/invoices?overdue=any",
    "/invoices?overdue=any&sort=due",
    "/invoices?payment=owed&delivery=bounced,in-doubt,failed,blocked",
    "/invoices?delivery=bounced",
    "/invoices?delivery=not-emailed",
    "/invoices?delivery=sent",
    "/invoices?payment=paid",
    "/invoices?payment=says-paid",
    "/invoices?company=2",
    "/invoices?company=3",
    "/invoices?batch=77",
    "/invoices?customer=77",
    "/invoices?issued_from={month}",
    "/invoices?currency=NZD",
    "/invoices?amount_from=80&amount_to=81",
    "/invoices?sort=customer",
    "/invoices?sort=due&after={half}",
    "/invoices?sort=-balance",
    "/invoices?sort=-total",
    "/invoices?q=INV-777",
    "/invoices?q=777&payment=paid",
    "/invoices?q=PO-777",
    "/invoices?q=Customer+777",
    "/invoices?q=c777@x777.example",
    "/invoices?q=nobody+of+that+name",
    "/invoices?q=82.50",
    "/invoices/{half}",
    "/customers",
    "/customers?sort=-balance",
    "/customers?q=Customer+777",
    "/customers?q=nobody+of+that+name",
    "/customers?owes=yes",
    "/customers?company=3",
    "/customers?after=25000",
    "/customers/77",
    "/messages",
    "/messages?page=1000",
    "/messages?kind=reminder",
    "/messages?state=bounced",
    "/messages?state=sent",
    "/messages?company=2",
    "/messages?find=c777@x777.example",
    "/messages/{half}",
    "/unknown",
    "/bulk",
    "/bulk/7",
    "/bulk/new?payment=owed",
    "/forecast",
    "/forecast?days=30",
    "/exports",
    "/exports?basis=cash",
    "/imports",
    "/imports/7",
    "/reconciliation",
    "/events",
    "/events?after={event}",
    "/companies",
    "/companies/1",
    "/companies/1/history",
    "/reminders",
    "/people",
    "/keys",
    "/audit",
    "/audit?who=p7@x.example",
    "/audit?object=invoice+777",
    "/suppressions",
    "/start",
    "/account",
    "/invoices/new",
)
LOGIN = {"email": "s@x.example", "password": "correct horse battery"}
AGAIN, QUICK = 6, 300
"""How often a page is asked for again, and below how many milliseconds: the rest once more."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What one request costs: milliseconds, and buffers of 8 kB."""

    wall: float
    cpu: float
    database: float
    statements: int = 0
    buffers: int = 0


class Statements:
    """The statements of a request, kept to be explained."""

    def __init__(self, engine: Engine) -> None:
        self.kept: list[tuple[str, Any]] = []
        self.on = False
        event.listen(engine, "before_cursor_execute", self._keep)

    def _keep(self, _connection: Any, _cursor: Any, statement: str, given: Any, *_rest: Any) -> None:
        if self.on:
            self.kept.append((statement, given))

    def buffers(self, connection: Connection, slow: float) -> int:
        """Explain each, and return how many buffers they touch in all."""
        total = 0
        for statement, given in self.kept:
            if not statement.lstrip().upper().startswith(("SELECT", "WITH")):
                continue
            explain = f"EXPLAIN (ANALYZE, BUFFERS) {statement}"
            lines = [row[0] for row in connection.exec_driver_sql(explain, given)]
            touched = sum(map(int, re.findall(r"(?:hit|read)=(\d+)", _top(lines))))
            total += touched
            took = float(re.findall(r"Execution Time: ([\d.]+)", "\n".join(lines))[0])
            if took > slow:
                print(f"    {took:.1f} ms, {touched} buffers\n    {statement}\n    {given}")
                print("      " + "\n      ".join(lines))
        return total


def _top(lines: list[str]) -> str:
    return next((one for one in lines if one.lstrip().startswith("Buffers: shared")), "")


def main() -> None:
    """Fill a database and measure each page, and each turn of a worker that has nothing to do."""
    parser = argparse.ArgumentParser()
    parser.add_argument("invoices", nargs="?", type=int, default=1_000_000)
    parser.add_argument("--url", default="")
    parser.add_argument("--only", default="")
    parser.add_argument("--slow", type=float, default=float("inf"))
    given = parser.parse_args()
    with _database(given.url) as url:
        engine = make_engine(url)
        schema.upgrade(engine)
        with engine.connect() as connection:
            empty = connection.scalar(text("SELECT count(*) FROM (SELECT FROM invoices LIMIT 1) i")) == 0
        if empty:
            fill(engine, given.invoices)
        _measure(url, given.only, given.slow)


@contextmanager
def _database(url: str) -> Iterator[str]:
    if url:
        yield url
        return
    with Cluster(free_port()) as cluster:
        yield cluster.create("pages")


def _measure(url: str, only: str, slow: float) -> None:
    app = build(Settings(database_url=url, public_url="https://pay.example"))
    set_password(app.login_context(), **LOGIN)
    statements = Statements(app.engine)
    own = create_engine(url, connect_args={"options": "-c jit=off"})
    with own.connect() as connection, TestClient(create_app(app), base_url="https://pay.example") as client:
        event_id = "SELECT event_id FROM gateway_events ORDER BY received_at DESC OFFSET 50000 LIMIT 1"
        beginning = f"SELECT max(invoice_id) / 2, CURRENT_DATE - 28, ({event_id}) FROM invoices"
        row = connection.execute(text(beginning)).one()
        client.post("/staff/login", data=LOGIN)
        print(f"{'ms':>7} {'cpu':>7} {'db cpu':>7} {'stmts':>6} {'buffers':>8}")
        for page in PAGES:
            address = page.format(half=row[0], month=row[1], event=row[2])
            if only in address:
                _print(address, _cost(_asking(client, address), connection, statements, slow))
        if only in "counts beside the sections":
            cold = _asking(client, "/account", cold=True)
            _print("/account, counts beside the sections afresh", _cost(cold, connection, statements, slow))
        for name, tick in _ticks(app).items():
            if only in name:
                _print(name, _cost(tick, connection, statements, slow))
    app.close()


def _ticks(app: App) -> dict[str, Callable[[], object]]:
    """Return what every turn of a worker does, where there is nothing to do for it."""
    stripe = app.gateway_context()
    return {
        "tick: events": lambda: webhook_inbox.work_events(stripe),
        "tick: cancellations": lambda: intent_cancellation.cancel_marked(stripe),
        "tick: refunds": lambda: refund_requests.carry_out(stripe, refund_fees=False),
        "tick: bulk": lambda: bulk.expand_all(app.context()),
        "tick: deliveries": lambda: deliveries.sweep(app.delivery_context()),
    }


def _asking(client: TestClient, address: str, *, cold: bool = False) -> Callable[[], object]:
    def ask() -> None:
        if cold:
            client.app.state.nav_counts = NavCounts()  # type: ignore[attr-defined]
        answer = client.get(f"/staff{address}", follow_redirects=False)
        if answer.status_code not in (200, 303):
            print(f"    {answer.status_code} {address}: {answer.text[:200]}")

    return ask


def _cost(ask: Callable[[], object], connection: Connection, statements: Statements, slow: float) -> Cost:
    ask()
    found = [_once(ask, connection)]
    found += [_once(ask, connection) for _ in range(AGAIN if found[0].wall < QUICK else 1)]
    statements.kept, statements.on = [], True
    ask()
    statements.on = False
    return Cost(
        min(one.wall for one in found),
        min(one.cpu for one in found),
        min(one.database for one in found),
        len(statements.kept),
        statements.buffers(connection, slow),
    )


def _once(ask: Callable[[], object], connection: Connection) -> Cost:
    before = _database_cpu(connection)
    cpu, wall = time.process_time(), time.perf_counter()
    ask()
    took, used = time.perf_counter() - wall, time.process_time() - cpu
    return Cost(took * 1000, used * 1000, _database_cpu(connection) - before)


def _database_cpu(connection: Connection) -> float:
    """Return the milliseconds that the server processes of our own connections ran for; Linux only."""
    rows = connection.execute(text("SELECT pid FROM pg_stat_activity WHERE datname = current_database()"))
    files = [Path(f"/proc/{pid}/schedstat") for (pid,) in rows]
    return sum(int(one.read_text().split()[0]) for one in files if one.exists()) / 1e6


def _print(name: str, cost: Cost) -> None:
    print(
        f"{cost.wall:7.0f} {cost.cpu:7.0f} {cost.database:7.0f} {cost.statements:6} {cost.buffers:8}  {name}",
        flush=True,
    )


if __name__ == "__main__":
    main()
