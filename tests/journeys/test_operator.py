"""From outside, as an operator's scripts do it: commands beside a running `up`, one shared data folder."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from paymail.cli.demo import two_free_ports
from tests.conftest import SAMPLE, environment
from tests.journeys.conftest import Up, wait_for


def started(folder: Path) -> Iterator[Up]:
    found = Up(folder, "--no-sample-data")
    try:
        yield found.wait()
    finally:
        found.stop()


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    """One that stays; each test has invoices of its own."""
    yield from started(tmp_path_factory.mktemp("up"))


@pytest.fixture
def short_lived(tmp_path: Path) -> Iterator[Up]:
    """One of a test's own, which it ends."""
    yield from started(tmp_path)


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_import_send_pay_receipt_by_commands_only(up: Up) -> None:
    assert "imported 502 of 502 invoices (1983 rows)" in up.command("import", str(SAMPLE))
    assert "nothing to change: 502 invoices" in up.command("import", str(SAMPLE))
    up.command("invoices", "send", "502")
    link = up.link_of(502)
    shown = json.loads(up.command("invoices", "show", "502", "--json"))
    assert (shown["payment_url"], shown["payment_status"], shown["total"]) == (link, "unpaid", 82.5)
    token = link.rpartition("/")[2]
    create = ["curl", "-sf", "-X", "POST", f"{up.url}/api/public/pay/{token}/create-payment"]
    created = json.loads(subprocess.run(create, capture_output=True, check=True).stdout)
    declined = up.command("sandbox", "pay", created["clientSecret"], "--card", "4000000000000002", expect=1)
    assert declined == ""
    paid = json.loads(up.command("sandbox", "pay", created["clientSecret"], "--card", "4242424242424242"))
    assert paid["status"] == "succeeded"
    wait_for(lambda: up.receipts(502))
    shown = json.loads(up.command("invoices", "show", "502", "--json"))
    assert (shown["payment_status"], shown["balance"], shown["canPay"]) == ("paid", 0.0, False)
    assert [(m["kind"], m["state"]) for m in shown["messages"]] == [("invoice", "sent"), ("receipt", "sent")]
    assert len(list((up.folder / "mailbox").glob("*.eml"))) == 2
    up.command("invoices", "send", "502", expect=1)


def test_a_second_up_on_the_same_port_says_so(up: Up) -> None:
    assert up.command("up", "--port", str(up.port), expect=1) == ""


def test_a_killed_service_comes_back(up: Up) -> None:
    before = set(up.children())
    victim = min(before)
    os.kill(victim, signal.SIGKILL)
    wait_for(lambda: len(set(up.children()) - before) == 1 and len(up.children()) == len(before))
    up.command("import", str(SAMPLE))  # which the test before may have done
    up.command("invoices", "send", "501")
    up.link_of(501)


def test_ctrl_c_stops_everything(short_lived: Up) -> None:
    up, children = short_lived, short_lived.children()
    assert len(children) == 4
    up.process.send_signal(signal.SIGINT)
    assert up.process.wait(120) == 0
    assert not any(alive(pid) for pid in children)
    with pytest.raises(OSError, match=r"."), socket.create_connection(("127.0.0.1", up.port), 1):
        pass


def test_nothing_survives_a_sigkill_of_the_parent(short_lived: Up) -> None:
    up, children = short_lived, short_lived.children()
    assert len(children) == 4
    up.process.kill()
    up.process.wait(120)
    wait_for(lambda: not any(alive(pid) for pid in children), seconds=120)


def test_demo_runs_the_whole_job(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "paymail", "demo", "--folder", str(tmp_path / "demo")],
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "502 invoices, 1983 rows" in done.stdout
    assert "1 receipt email with PDF" in done.stdout
    assert len(list((tmp_path / "demo" / "mailbox").glob("*.eml"))) == 4


def test_what_up_writes_is_for_its_owner(up: Up) -> None:
    found = [up.folder / "runtime.json", up.folder / "up.lock", up.folder / "sandbox.db"]
    assert [path.stat().st_mode & 0o077 for path in found] == [0, 0, 0]


def test_a_second_up_on_the_same_folder_says_so(up: Up) -> None:
    assert up.command("up", "--port", str(two_free_ports()), expect=1) == ""
