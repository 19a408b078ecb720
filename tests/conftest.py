"""Databases, brokers and servers of the tests: all real, all private, all on loopback."""

import contextlib
import os
import random
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from sqlalchemy import Engine, event, text

from paymail.db import make_engine, schema
from paymail.sandbox.config import SandboxConfig
from paymail.sandbox.server import SandboxServer
from paymail.settings import Settings
from tests import compiled, seed_host
from tests.lender import Lender
from tests.postgres import Cluster
from tests.server_needs import needs_server
from tests.time_per_folder import seconds_per_folder

compiled.share()
# How long an example takes says how busy the machine is, nothing about paymail.
hypothesis_settings.register_profile("paymail", deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis_settings.load_profile("paymail")
ROOT = Path(__file__).resolve().parent.parent
KINDS = ("sqlite", "postgresql")
SAMPLE = ROOT / "paymail" / "sample" / "host_invoices.csv"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--quick", action="store_true", help="only what needs no server and no other process")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--quick"):
        left_out = [item for item in items if is_thorough(item) or needs_server(item)]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in set(left_out)]


def is_thorough(item: pytest.Item) -> bool:
    """Whether a test asks hundreds of times, or one contract of several implementations."""
    return item.get_closest_marker("thorough") is not None or "contract" in item.path.parts


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reports = (report for found in terminalreporter.stats.values() for report in found)
    spent = [f"{folder} {seconds:.0f} s" for folder, seconds in seconds_per_folder(reports) if seconds >= 1]
    if spent:
        terminalreporter.write_sep("=", "time per folder, added up over all processes")
        terminalreporter.write_line(", ".join(spent))


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A PostgreSQL of this test process, with a migrated template."""
    with Cluster(free_port()) as cluster:
        engine = make_engine(cluster.create("template_paymail"))
        schema.upgrade(engine)
        engine.dispose()
        yield cluster


@pytest.fixture(scope="session")
def host_template(postgres: Cluster) -> str:
    """The name of a host's own database, with the seed's 502 invoices, to copy."""
    return seed_host.make_template(postgres)


@pytest.fixture(scope="session")
def lender(postgres: Cluster) -> Iterator[Lender]:
    """Who lends migrated, empty databases of this test process's PostgreSQL, one after the other."""
    with contextlib.closing(Lender(postgres, "template_paymail")) as found:
        yield found


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy."""
    file = tmp_path_factory.mktemp("sqlite") / "template.db"
    engine = make_engine(f"sqlite:///{file}")
    schema.upgrade(engine)
    with engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").execute(
            text("PRAGMA wal_checkpoint(TRUNCATE)")
        )
    engine.dispose()
    return file


@pytest.fixture(params=KINDS)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A migrated, empty database of each kind."""
    with lent_database(request.param, request, tmp_path) as url:
        yield url


@contextlib.contextmanager
def lent_database(kind: str, request: pytest.FixtureRequest, folder: Path) -> Iterator[str]:
    """Lend a migrated, empty database of a kind."""
    if kind == "sqlite":
        file = folder / "paymail.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), file)
        yield f"sqlite:///{file}"
        return
    lender: Lender = request.getfixturevalue("lender")
    with lender.lend() as url:
        yield url


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """An engine on it."""
    found = without_sync(make_engine(database_url))
    yield found
    found.dispose()


@pytest.fixture(scope="session")
def sandbox() -> Iterator[SandboxServer]:
    """The Stripe sandbox, without webhooks."""
    with SandboxServer(SandboxConfig()) as server:
        yield server


@pytest.fixture
def settings(database_url: str, tmp_path: Path, sandbox: SandboxServer) -> Settings:
    """Settings of a test: its own folder, database and the sandbox."""
    return Settings(data_dir=tmp_path / "data", database_url=database_url, sandbox_url=sandbox.url)


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Redis of this test process."""
    port = free_port()
    folder = tmp_path_factory.mktemp("redis")
    server = subprocess.Popen(
        ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)],
        stdout=subprocess.DEVNULL,
    )
    wait_for_port(port)
    yield f"redis://127.0.0.1:{port}/0"
    server.terminate()
    server.wait(10)


def without_sync(engine: Engine) -> Engine:
    """Spare SQLite its fsync, as PostgreSQL in the tests: it matters after a power cut, not after a kill."""
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", lambda raw, _record: raw.execute("PRAGMA synchronous=OFF"))
    return engine


def free_port() -> int:
    """Return a free port, below those of outgoing connections: one of them might take it first."""
    while True:
        port = random.randrange(20000, 32000)
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


def wait_for_port(port: int, seconds: float = 15) -> None:
    """Return when something listens on the port."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.02)
    raise TimeoutError(f"nothing listens on port {port}")


def environment(folder: Path, **more: str) -> dict[str, str]:
    """Return the environment of a paymail process of a test."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith("PAYMAIL_")}
    return {**clean, "PAYMAIL_DATA_DIR": str(folder), "PAYMAIL_EMBEDDED": "1", **more}
