"""Queue to sent, and emails with PDF per second: two workers on both topologies, in one run."""

import contextlib
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import func, select

from paymail.db import schema
from paymail.models import Blob, Message, MessageState
from paymail.services.sending.invoice_emails import send_invoice
from paymail.settings import Settings
from paymail.wiring import App, build
from tests.conftest import environment, free_port, wait_for_port
from tests.contract.mail.sink import Sink
from tests.factories import make_invoice
from tests.postgres import Cluster

SINGLE, BULK, WORKERS = 60, 400, 2


@dataclass(frozen=True)
class Result:
    """Seconds from the commit of a message row to its `sent`, one by one; then messages per second."""

    p50: float
    p95: float
    per_second: float
    mime_bytes: int
    pdf_bytes: int


def main() -> None:
    """Print a line per topology, and the ratio of their rates."""
    with embedded() as settings:
        files = measure(settings)
    with production() as settings:
        servers = measure(settings)
    for name, result in (("SQLite + files", files), ("PostgreSQL + Redis + SMTP", servers)):
        print(
            f"{name}: queue to sent p50 {result.p50 * 1000:.0f} ms, p95 {result.p95 * 1000:.0f} ms;"
            f" {result.per_second:.1f} emails with PDF per second on {WORKERS} workers"
            f" (email {result.mime_bytes} bytes, PDF {result.pdf_bytes} bytes, medians)"
        )
    print(f"ratio of the rates (servers : embedded): {servers.per_second / files.per_second:.2f}")


@contextmanager
def embedded() -> Iterator[Settings]:
    """The default: everything in one folder."""
    with tempfile.TemporaryDirectory(prefix="paymail-bench-") as folder:
        yield Settings(data_dir=Path(folder))


@contextmanager
def production() -> Iterator[Settings]:
    """PostgreSQL with fsync, Redis, and an SMTP server that accepts all; on loopback."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="paymail-bench-")))
        cluster = stack.enter_context(Cluster(free_port(), fsync=True))
        sink = stack.enter_context(Sink())
        port = free_port()
        stack.enter_context(
            _process("redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "")
        )
        wait_for_port(port)
        yield Settings(
            data_dir=folder,
            database_url=cluster.create("bench"),
            broker_url=f"redis://127.0.0.1:{port}/0",
            mail_transport="smtp",
            smtp_port=sink.port,
            smtp_security="none",
        )


def measure(settings: Settings) -> Result:
    """Start the workers, send one by one, then all at once."""
    app = build(settings)
    schema.upgrade(app.engine)
    given = environment(
        settings.data_dir,
        PAYMAIL_DATABASE_URL=settings.database_url,
        PAYMAIL_BROKER_URL=settings.broker_url,
        PAYMAIL_MAIL_TRANSPORT=settings.mail_transport,
        PAYMAIL_SMTP_PORT=str(settings.smtp_port),
        PAYMAIL_SMTP_SECURITY=settings.smtp_security,
    )
    worker = [sys.executable, "-m", "paymail", "worker", "--pool", "threads", "--concurrency", "1"]
    with ExitStack() as stack:
        for _ in range(WORKERS):
            stack.enter_context(_process(*worker, env=given))
        _send(app, range(1, 11))  # both workers have imported everything and rendered a few
        _wait(app, 10)
        waits = [_one(app, 100 + n) for n in range(SINGLE)]
        started = time.perf_counter()
        _send(app, range(1000, 1000 + BULK))
        _wait(app, 10 + SINGLE + BULK)
        rate = BULK / (time.perf_counter() - started)
    mime_bytes, pdf_bytes = (_median_size(app, column) for column in ("mime_sha256", "pdf_sha256"))
    app.close()
    cuts = statistics.quantiles(waits, n=20)
    return Result(statistics.median(waits), cuts[-1], rate, mime_bytes, pdf_bytes)


@contextmanager
def _process(*arguments: str, env: dict[str, str] | None = None) -> Iterator[None]:
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen(arguments, env=env, cwd=tempfile.gettempdir() if not env else None, **quiet)
    try:
        yield
    finally:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(10)
        process.kill()
        process.wait()


def _send(app: App, numbers: range) -> list[int]:
    with app.transaction() as session:
        for number in numbers:
            make_invoice(session, invoice_id=number, name=f"Customer {number}")
    with app.transaction() as session:
        return [
            send_invoice(session, invoice_id=number, actor="benchmark", now=app.now()).message_id
            for number in numbers
        ]


def _one(app: App, number: int) -> float:
    (message_id,) = _send(app, range(number, number + 1))
    started = time.perf_counter()
    while True:
        with app.reading() as session:
            state = session.scalar(select(Message.state).where(Message.message_id == message_id))
        if state is MessageState.SENT:
            return time.perf_counter() - started
        time.sleep(0.002)


def _wait(app: App, sent: int) -> None:
    deadline = time.monotonic() + 120
    while True:
        with app.reading() as session:
            found = session.scalar(
                select(func.count()).select_from(Message).where(Message.state == MessageState.SENT)
            )
        if found == sent:
            return
        assert time.monotonic() < deadline, f"{found} of {sent} sent"
        time.sleep(0.02)


def _median_size(app: App, column: str) -> int:
    with app.reading() as session:
        sizes = session.scalars(
            select(func.length(Blob.content)).join(Message, getattr(Message, column) == Blob.sha256)
        )
        return int(statistics.median(sizes))


if __name__ == "__main__":
    main()
