"""Lines per second and peak memory of an import, on both databases: new, and again unchanged.

`python -m benchmarks.imports [LINES …]`, 2,000, 20,000 and 200,000 if none are given: files in our own
columns and of Xero, three lines an invoice. Each import is a process of its own.
"""

import csv
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from paymail import db
from paymail.db import make_engine
from paymail.db.schema import upgrade
from paymail.models import Invoice
from paymail.services.core.contexts import Context
from paymail.services.core.issuers import ensure_issuer
from paymail.services.imports import import_invoices, open_host_file
from paymail.services.imports.header import COLUMNS
from tests.conftest import free_port
from tests.postgres import Cluster

LINES = (2_000, 20_000, 200_000)
LINES_EACH = 3
NOW = datetime(2026, 11, 1, tzinfo=UTC)
XERO = (
    "ContactName EmailAddress InvoiceNumber InvoiceDate DueDate Total TaxTotal InvoiceAmountPaid"
    " InvoiceAmountDue Description Quantity UnitAmount Discount LineAmount TaxType TaxAmount Currency Type"
    " Status"
).split()


def main(sizes: list[int]) -> None:
    """Print a line per database, kind of file, size and import."""
    with tempfile.TemporaryDirectory() as name, Cluster(free_port(), fsync=True) as cluster:
        folder = Path(name)
        for lines in sizes:
            for kind, write in (("paymail", own_file), ("xero", xero_file)):
                file = folder / f"{kind}-{lines}.csv"
                write(file, lines)
                database = f"{kind}_{lines}"
                measure(f"sqlite:///{folder}/{database}.db", file, lines, f"SQLite      {kind:8}")
                measure(cluster.create(database), file, lines, f"PostgreSQL  {kind:8}")
                file.unlink()


def measure(url: str, file: Path, lines: int, label: str) -> None:
    """Import a file twice into a new database, each time in a process of its own."""
    engine = make_engine(url)
    upgrade(engine)
    engine.dispose()
    for which in ("new", "unchanged"):
        command = [sys.executable, "-m", "benchmarks.imports", "--child", url, str(file)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        found = json.loads(done.stdout.splitlines()[-1])
        print(
            f"{label} {lines:>8,} lines  {which:9}  {lines / found['seconds']:>7,.0f} lines/s"
            f"  {found['seconds']:>7.1f} s  first progress after {found['first']:.2f} s"
            f"  peak {found['peak']:.0f} MiB, {found['peak'] - found['before']:.0f} above the start",
            flush=True,
        )


def child(url: str, file: Path) -> None:
    """Import the file; print time, first news of progress, and memory before and at its peak, as JSON."""
    engine = make_engine(url)
    before, started = peak(), time.perf_counter()
    seen: list[float] = []

    def transaction() -> AbstractContextManager[Session]:
        return db.transaction(engine)

    def show(_done: int, _of: int = 0) -> None:
        if not seen:
            seen.append(time.perf_counter() - started)

    with transaction() as session:
        issuer_id = ensure_issuer(
            session, name="Host", email="billing@host.example", tax_id="51 824 753 556", now=NOW
        ).issuer_id
    with file.open("rb") as opened:
        source = open_host_file(opened, progress=show)
        report = import_invoices(
            Context(transaction, lambda: NOW),
            source=source,
            issuer_id=issuer_id,
            actor="benchmark",
            progress=show,
        )
    seconds = time.perf_counter() - started
    with transaction() as session:
        count = session.scalar(select(func.count()).select_from(Invoice))
    assert (report.faults, count) == ((), report.invoices), report.faults[:3]
    print(json.dumps({"seconds": seconds, "first": seen[0], "before": before, "peak": peak()}))
    engine.dispose()


def peak() -> float:
    """Return this process's largest resident memory so far, in MiB.

    Not `ru_maxrss`: it begins with the peak of the process that started this one.
    """
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))) / 1024


def own_file(file: Path, lines: int) -> None:
    """Write invoices in our own columns."""
    with writing(file, COLUMNS) as writer:
        for number, at in invoices(lines):
            who = f"Customer {number % 5000}", f"c{number % 5000}@customer.example"
            dates = "2026-10-01", "2026-10-31"
            money = "300.00", "10", "30.00", "330.00", "0.00"
            for line in range(1, at + 1):
                price = f"{300 / at:.2f}"
                head = (number, *who, "AUD", *dates, "sent", "unpaid", *money)
                writer.writerow((*head, line, f"Service {line}", 1, price, price))


def xero_file(file: Path, lines: int) -> None:
    """Write invoices as Xero exports them."""
    with writing(file, XERO) as writer:
        for number, at in invoices(lines):
            who = f"Customer {number % 5000}", f"c{number % 5000}@customer.example"
            money = "330.0000", "30.0000", "0.0000", "330.0000"
            head = (*who, f"INV-{number}", "13/10/2026", "31/10/2026", *money)
            for line in range(1, at + 1):
                price, tax = f"{300 / at:.4f}", f"{30 / at:.4f}"
                sold = f"Service {line}", "1.0000", price, "", price, "GST on Income", tax
                writer.writerow((*head, *sold, "AUD", "Sales invoice", "Awaiting Payment"))


def invoices(lines: int) -> Iterator[tuple[int, int]]:
    """Yield the number of each invoice and how many lines it has: three, the last one what is left."""
    for number, first in enumerate(range(0, lines, LINES_EACH), 1):
        yield number, min(LINES_EACH, lines - first)


@contextmanager
def writing(file: Path, header: list[str]) -> Iterator[Any]:
    """Lend a writer of a file that begins with this header."""
    with file.open("w", newline="", encoding="utf-8") as opened:
        writer = csv.writer(opened)
        writer.writerow(header)
        yield writer


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        child(sys.argv[2], Path(sys.argv[3]))
    else:
        main([int(size) for size in sys.argv[1:]] or list(LINES))
