"""The long payment storm, part of `make faults`: 2,000 payments on each database, and a line of figures.

`python -m tests.faults.long_payments [--payments 2000] [--seed 1] [--only sqlite|postgresql]`; ends with 1 if
the books are not Stripe's ledger.
"""

import argparse
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from paymail import observability
from tests.conftest import free_port
from tests.faults.ledger_check import check
from tests.faults.long import migrated
from tests.faults.market import open_market
from tests.faults.paystorm import PayStorm, Weather
from tests.postgres import Cluster


@contextmanager
def database(name: str, folder: str) -> Iterator[str]:
    """A migrated database of this kind, gone afterwards."""
    if name == "sqlite":
        yield migrated(f"sqlite:///{folder}/paymail.db")
        return
    with Cluster(free_port()) as cluster:
        yield migrated(cluster.create("payments"))


def storm(name: str, given: argparse.Namespace) -> bool:
    """Run one storm; print its figures and breaches; say whether the books are right."""
    with (
        tempfile.TemporaryDirectory(prefix="paymail-payments-") as folder,
        database(name, folder) as url,
        open_market(Path(folder), url) as market,
    ):
        weather = Weather(payments=given.payments, seed=given.seed, reconcile_every=10, patience=1200)
        run = PayStorm(market, weather)
        found = check(run.run())
        figures = {**run.figures(), **run.tally.parts, "breaches": len(found)}
    print(f"{name} payments: {', '.join(f'{count} {what}' for what, count in figures.items())}", flush=True)
    for finding in found:
        print(f"  {finding.breach}: {finding.what}", flush=True)
    for failure in run.tally.failures:
        print(f"  unforeseen: {failure}", flush=True)
    return not found and not run.tally.failures


def main() -> int:
    """Run all that was asked for; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--payments", type=int, default=2_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", choices=["sqlite", "postgresql"], default="")
    given = parser.parse_args()
    observability.configure("CRITICAL", as_json=False)
    names = [name for name in ("sqlite", "postgresql") if given.only in ("", name)]
    sound = [storm(name, given) for name in names]  # all of them, also after a breach
    return 0 if all(sound) else 1


if __name__ == "__main__":
    sys.exit(main())
