"""What an installation needs: memory, connections and processor time of each process, and disk.

`python -m benchmarks.sizing`: PostgreSQL, Redis and an SMTP server that accepts all, on loopback; one web,
one worker with two processes, one beat. It counts processor time, which hardly depends on what else runs.
"""

import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from sqlalchemy import select, text
from sqlalchemy.engine import make_url

from benchmarks.delivery import production
from benchmarks.processes import Usage, family, usage
from paymail.db import schema
from paymail.models import Invoice, Message, MessageState
from paymail.services.core.invoices import payment_url
from paymail.services.sending.invoice_emails import send_invoice
from paymail.settings import Settings
from paymail.wiring import App, build
from tests.conftest import environment, free_port, wait_for_port
from tests.factories import make_invoice

EMAILS, PAGES, PROCESSES = 200, 200, 2
MIB = 1024 * 1024


def main() -> None:
    """Print a line per process, and what an email costs."""
    with production() as settings:
        app = build(settings)
        schema.upgrade(app.engine)
        port = free_port()
        with services(settings, port) as pids:
            names = labelled(app, pids)
            idle = measured(settings, names)
            before = disk(app)
            prepare(app, range(1000, 1000 + EMAILS))
            rendered, busiest = deliver(app, settings, names)
            page = look(app, settings, names, port)
            after = measured(settings, names)
            report(names, idle, after, busiest)
            report_costs(rendered, page, disk(app) - before)
            print(f"all processes together (PSS): {sum_of(after) / MIB:.0f} MiB")
        app.close()


@contextmanager
def services(settings: Settings, port: int) -> Iterator[dict[str, int]]:
    """Run web, worker and beat; yields their process numbers."""
    given = environment(
        settings.data_dir,
        PAYMAIL_DATABASE_URL=settings.database_url,
        PAYMAIL_BROKER_URL=settings.broker_url,
        PAYMAIL_MAIL_TRANSPORT=settings.mail_transport,
        PAYMAIL_SMTP_PORT=str(settings.smtp_port),
        PAYMAIL_SMTP_SECURITY=settings.smtp_security,
        PAYMAIL_PAY_RATE_LIMIT="100000/minute",
    )
    worker = ["worker", "--pool", "prefork", "--concurrency", str(PROCESSES)]
    commands = {"web": ["web", "--port", str(port)], "worker": worker, "beat": ["beat"]}
    started = {
        name: subprocess.Popen(
            [sys.executable, "-m", "paymail", *command],
            env=given,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for name, command in commands.items()
    }
    try:
        wait_for_port(port, 300)
        yield {name: process.pid for name, process in started.items()}
    finally:
        for process in started.values():
            process.terminate()
        for process in started.values():
            process.wait(60)


def labelled(app: App, pids: dict[str, int]) -> dict[str, list[int]]:
    """Return the process numbers by what the process is, once every one has done its first work."""
    prepare(app, range(1, 11))
    queue(app, range(1, 11))
    wait(app, 10)
    below = family(pids["worker"])[1:]
    return {
        "web": [pids["web"]],
        "worker, parent": [pids["worker"]],
        "worker, each process": below,
        "beat": [pids["beat"]],
    }


def measured(settings: Settings, names: dict[str, list[int]]) -> dict[str, list[Usage]]:
    """Return what each process uses now."""
    port = make_url(settings.database_url).port or 5432
    return {name: [usage(pid, port) for pid in pids] for name, pids in names.items()}


def prepare(app: App, numbers: Sequence[int]) -> None:
    """Store the invoices."""
    with app.transaction() as session:
        for number in numbers:
            make_invoice(session, invoice_id=number, name=f"Customer {number}")


def queue(app: App, numbers: Sequence[int]) -> None:
    """Queue an email about each."""
    with app.transaction() as session:
        for number in numbers:
            send_invoice(session, invoice_id=number, actor="benchmark", now=app.now())


def wait(app: App, sent: int) -> None:
    """Wait until so many emails were sent; gives up after 20 minutes."""
    deadline = time.monotonic() + 1200
    while True:
        with app.reading() as session:
            states = list(session.scalars(select(Message.state)))
        if states.count(MessageState.SENT) >= sent:
            return
        assert time.monotonic() < deadline, "the emails were not sent"
        time.sleep(0.5)


def deliver(app: App, settings: Settings, names: dict[str, list[int]]) -> tuple[float, dict[str, int]]:
    """Send all; return the workers' processor time for it, and the most connections that each process had."""
    workers = ("worker, parent", "worker, each process")
    start = measured(settings, names)
    queue(app, range(1000, 1000 + EMAILS))
    most = dict.fromkeys(names, 0)
    for share in range(1, 11):
        wait(app, 10 + EMAILS * share // 10)
        now = measured(settings, names)
        for name, found in now.items():
            most[name] = max(most[name], *(one.connections for one in found))
    spent = sum(one.cpu for name in workers for one in now[name])
    return spent - sum(one.cpu for name in workers for one in start[name]), most


def look(app: App, settings: Settings, names: dict[str, list[int]], port: int) -> float:
    """Open pay pages, one after the other; return the processor time of `web` for one."""
    start = measured(settings, names)["web"][0].cpu
    with app.reading() as session:
        invoices = session.scalars(select(Invoice).where(Invoice.payment_token.is_not(None)).limit(PAGES))
        links = [payment_url(f"http://127.0.0.1:{port}", invoice) for invoice in invoices]
    for link in links:
        with urllib.request.urlopen(link, timeout=60) as answer:  # noqa: S310 - our own http address
            assert answer.status == 200
    return (measured(settings, names)["web"][0].cpu - start) / len(links)


def disk(app: App) -> int:
    """Return the size of the database with its indexes."""
    with app.reading() as session:
        return int(session.scalar(text("SELECT pg_database_size(current_database())")) or 0)


def report(
    names: dict[str, list[int]],
    idle: dict[str, list[Usage]],
    after: dict[str, list[Usage]],
    most: dict[str, int],
) -> None:
    """Print memory and connections by process."""
    print(f"{'MiB, RSS (PSS)':<24}{'at first':>14}{f'after {EMAILS} emails':>20}{'connections':>14}")
    for name in names:
        first, last = (max(found[name], key=lambda one: one.rss) for found in (idle, after))
        print(
            f"{name:<24}{f'{first.rss / MIB:.0f} ({first.pss / MIB:.0f})':>14}"
            f"{f'{last.rss / MIB:.0f} ({last.pss / MIB:.0f})':>20}{max(most[name], last.connections):>14}"
        )


def sum_of(found: dict[str, list[Usage]]) -> int:
    """Return the memory of all processes in bytes; pages that they share count once."""
    return sum(one.pss for several in found.values() for one in several)


def report_costs(cpu: float, page: float, grown: int) -> None:
    """Print what an email and a page cost."""
    each = cpu / EMAILS
    print(f"processor time per email with its PDF: {each * 1000:.0f} ms of the worker")
    print(f"processor time per pay page: {page * 1000:.0f} ms of web")
    print(f"emails per minute of one worker process that has a core for itself: {60 / each:.0f} at most")
    print(f"database per 1,000 invoices with their email and PDF: {grown / EMAILS * 1000 / MIB:.0f} MiB")


if __name__ == "__main__":
    main()
