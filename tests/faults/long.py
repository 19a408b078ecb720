"""The long fault run, `make faults`: thousands of messages under hundreds of kills, on both databases.

`python -m tests.faults.long [--messages 10000] [--kills 200] [--races 2000] [--only sqlite|postgresql]`.
Prints a line of figures per run, and ends with 1 if an invariant was broken.
"""

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

from paymail import observability
from paymail.db import make_engine, schema
from tests.brokers import OwnRedis
from tests.conftest import free_port
from tests.faults.checker import check, describe, figures
from tests.faults.office import Office, open_office
from tests.faults.races import Races
from tests.faults.storm import Storm, Weather
from tests.faults.test_full_disks import hold_lock
from tests.postgres import Cluster

SPEED, LEASE = 4.0, 20
"""Leases of five seconds; back-offs of fifteen seconds and more pass four times as fast."""
TIMEOUT = 300.0
LOCKED = 20.0
Faults = tuple[Callable[[], None], ...]
World = Callable[[], AbstractContextManager[tuple[Office, Faults]]]


@contextmanager
def files() -> Iterator[tuple[Office, Faults]]:
    """SQLite, and files as broker."""
    with tempfile.TemporaryDirectory(prefix="paymail-faults-") as folder:
        url = migrated(f"sqlite:///{folder}/paymail.db")
        with open_office(Path(folder), url, speed=SPEED, lease=LEASE) as office:
            yield office, ()


@contextmanager
def servers() -> Iterator[tuple[Office, Faults]]:
    """PostgreSQL and Redis, which fail too."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="paymail-faults-")))
        cluster = stack.enter_context(Cluster(free_port()))
        broker = OwnRedis(folder)
        stack.callback(broker.kill)
        url = migrated(cluster.create("faults"))
        office = stack.enter_context(open_office(folder, url, broker.url, speed=SPEED, lease=LEASE))
        yield office, (cluster.drop_connections, cluster.restart_at_once, broker.flush, broker.bounce)


def migrated(url: str) -> str:
    """Bring a database to the present schema; return its URL."""
    engine = make_engine(url)
    schema.upgrade(engine)
    engine.dispose()
    return url


def storm(name: str, world: World, given: argparse.Namespace) -> bool:
    """Run one storm; say whether all invariants hold."""
    with world() as (office, outside):
        weather = Weather(
            messages=given.messages,
            kills=given.kills,
            crew=given.crew,
            pools=("threads", "prefork") if outside else ("threads",),
            outside=outside,
            seed=given.seed,
            patience=TIMEOUT,
        )
        damage = Storm(office, weather).run()
        done = {
            "kills": damage.kills,
            "deaths at points": damage.points,
            "freezes": damage.freezes,
            "database and broker faults": damage.outside,
            "seconds": round(damage.seconds),
        }
        return report(f"{name} storm", office, done)


def races(name: str, world: World, given: argparse.Namespace) -> bool:
    """Run the races; say whether all invariants hold."""
    with world() as (office, _outside):
        tally = Races(office, seed=given.seed).run(given.races)
        ends = {f"reminders {state}": count for state, count in tally.ends.items()}
        done = {**ends, "transactions repeated": tally.repeated, "seconds": round(tally.seconds)}
        return report(f"{name} races", office, done)


def report(name: str, office: Office, done: Mapping[str, int]) -> bool:
    """Print a line of figures, and the breaches if there are any."""
    evidence = office.evidence()
    counts = {**figures(evidence), **done}
    print(f"{name}: {', '.join(f'{count} {what}' for what, count in counts.items())}", flush=True)
    found = check(evidence)
    if found:
        print(describe(found), flush=True)
    return not found


def main() -> int:
    """Run all that was asked for; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=10_000)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--races", type=int, default=2_000)
    parser.add_argument("--crew", type=int, default=4)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", choices=["sqlite", "postgresql"], default="")
    given = parser.parse_args()
    observability.configure("ERROR", as_json=False)
    worlds: Mapping[str, World] = {"sqlite": files, "postgresql": servers}
    sound = []
    for name, world in worlds.items():
        if given.only in ("", name):
            sound += [storm(name, world, given), races(name, world, given)]
    if given.only in ("", "sqlite"):
        with files() as (office, _outside):
            hold_lock(office, LOCKED)
            print(f"sqlite: its write lock held for {LOCKED:.0f} seconds, and all in order", flush=True)
    return 0 if all(sound) else 1


if __name__ == "__main__":
    sys.exit(main())
