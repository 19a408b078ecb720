"""`paymail sync`: shows first, writes when accepted, follows until SIGTERM, and says what is wrong."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select

from paymail.cli.sync import RUN_LOCK
from paymail.db import run_locks
from paymail.models import Invoice, Issuer
from paymail.services.payments import adjustments
from paymail.wiring import App
from tests.cli.running import run
from tests.conftest import environment
from tests.factories import NOW
from tests.services.sync.conftest import Host, host

__all__ = ["host"]


@pytest.fixture
def connected(commands: App, host: Host, monkeypatch: pytest.MonkeyPatch) -> App:
    """The commands, an issuer, and a host of 32 invoices."""
    with commands.transaction() as session:
        session.add(
            Issuer(name="Southern IT", email="b@southern-it.example", tax_id="51 824 753 556", created_at=NOW)
        )
    monkeypatch.setenv("PAYMAIL_HOST_DATABASE_URL", host.url)
    monkeypatch.setenv("PAYMAIL_HOST_TOLD_BY", "table")
    return commands


@pytest.fixture(autouse=True)
def signals() -> Iterator[None]:
    """The command takes SIGTERM and SIGINT for itself; the tests get them back."""
    before = {one: signal.getsignal(one) for one in (signal.SIGTERM, signal.SIGINT)}
    yield
    for one, handler in before.items():
        signal.signal(one, handler)


def count(app: App) -> int:
    with app.reading() as session:
        return session.scalar(select(func.count()).select_from(Invoice)) or 0


def test_it_shows_the_difference_until_it_is_accepted(connected: App) -> None:
    for _ in range(2):
        said = run("sync").stdout
        assert "32 invoices read: 32 new, 0 updated, 0 unchanged, 0 refused" in said
        assert "run `paymail sync --accept` once" in said
    assert "not yet" in run("sync", "status").stdout
    assert count(connected) == 0
    assert "32 new" in run("sync", "--accept").stdout
    assert "0 new, 0 updated" in run("sync").stdout
    assert count(connected) == 32


def test_a_dry_run_writes_nothing_at_any_time(connected: App, host: Host) -> None:
    run("sync", "--accept")
    host.execute("UPDATE invoices SET due_date = '2027-01-31' WHERE invoice_id = 502")
    for _ in range(2):
        said = run("sync", "--dry-run").stdout
        assert "invoice 502 updated: due_date\n" in said
        assert "Nothing was written" in said
        assert "--accept" not in said
    assert "invoice 502 updated: due_date\n" in run("sync").stdout


def test_refused_invoices_are_named_and_kept_for_status(connected: App, host: Host) -> None:
    host.execute("UPDATE invoices SET total = total + 1 WHERE invoice_id = 502")
    done = run("sync", "--accept", expect=4)
    assert "invoice 502: total: " in done.stderr
    assert "1 refused" in done.stdout
    assert "invoice 502: total: " in run("sync", "status").stdout
    told = json.loads(run("sync", "status", "--json").stdout)
    assert (told["invoices"], told["refused"], told["refusals"][0]["number"]) == (31, 1, "502")
    assert json.loads(run("sync", "--json", expect=4).stdout)["refused"] == 2  # tried again, and read again


def test_a_restored_system_is_told_again(connected: App, host: Host) -> None:
    assert "--accept" in run("sync", "--tell-again", expect=1).stderr
    run("sync", "--accept")
    with connected.transaction() as session:
        adjustments.void(session, invoice_id=502, reason="mistake", actor="staff", now=NOW)
    assert "told of 1" in run("sync").stdout
    kept = "SELECT event_id, status FROM paymail_updates_v1"
    before = host.rows(kept)
    host.execute("DELETE FROM paymail_updates_v1")
    assert "told of 0" in run("sync").stdout
    assert "told of 1" in run("sync", "--tell-again").stdout
    assert host.rows(kept) == before


def test_a_second_run_says_that_one_is_running(connected: App) -> None:
    run("sync", "--accept")
    with run_locks.alone(connected.engine, name="sync", key=RUN_LOCK + 1):
        assert "another `paymail sync` is running" in run("sync", expect=1).stderr


def test_without_a_database_it_says_what_to_set(commands: App) -> None:
    assert "set PAYMAIL_HOST_DATABASE_URL" in run("sync", expect=3).stderr


def test_an_unusable_view_and_a_host_that_is_away_are_one_line_without_the_password(
    connected: App, host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    host.execute("DROP VIEW paymail_invoices_v1")
    said = run("sync", expect=3).stderr
    assert said.count("\n") == 1
    assert "has no view paymail_invoices_v1" in said
    monkeypatch.setenv("PAYMAIL_HOST_DATABASE_URL", "postgresql://u:s3cret@127.0.0.1:1/psa")
    said = run("sync", expect=1).stderr
    assert said.count("\n") == 1
    assert "is not responding" in said
    assert "s3cret" not in said
    monkeypatch.setenv("PAYMAIL_HOST_DATABASE_URL", "postgresql://u:s3@cret@127.0.0.1:1/psa")
    said = run("sync", expect=3).stderr
    assert "PAYMAIL_HOST_DATABASE_URL: percent-encode" in said
    assert "s3@cret" not in said


def test_follow_hears_a_notification_and_ends_cleanly_on_sigterm(
    connected: App, host: Host, tmp_path: Path
) -> None:
    folder = connected.settings.data_dir
    variables = environment(
        folder,
        PAYMAIL_HOST_DATABASE_URL=host.url,
        PAYMAIL_HOST_TOLD_BY="table",
        PAYMAIL_HOST_SYNC_SECONDS="3600",
    )
    said = tmp_path / "said"
    with said.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "paymail", "sync", "--accept", "--follow"], env=variables, stderr=file
        )
    try:
        until(lambda: count(connected) == 32 and listening(host))
        host.execute("UPDATE invoices SET due_date = '2027-01-31' WHERE invoice_id = 502")
        until(lambda: due(connected) == "2027-01-31")
    finally:
        os.kill(process.pid, signal.SIGTERM)
    assert process.wait(60) == 0
    assert "Traceback" not in said.read_text()


def until(met) -> None:  # type: ignore[no-untyped-def]
    deadline = time.monotonic() + 120
    while not met():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def listening(host: Host) -> bool:
    """Whether the process waits for a notification."""
    return (
        host.rows(
            "SELECT 1 FROM pg_stat_activity"
            " WHERE starts_with(query, 'LISTEN') AND datname = current_database()"
        )
        != []
    )


def due(app: App) -> str:
    with app.reading() as session:
        return str(session.scalar(select(Invoice.due_date).where(Invoice.number == "502")))
