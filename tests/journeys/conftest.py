"""`paymail up` as its users run it, and a real browser."""

import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from paymail.cli.demo import two_free_ports
from paymail.mail import reader
from paymail.sandbox.server import SandboxServer
from tests.conftest import environment, free_port
from tests.contract.mail.sink import Sink
from tests.journeys.shop import Shop, opened
from tests.postgres import Cluster

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


expect.set_options(timeout=45_000)  # a busy machine may take longer than the usual five seconds


class Up:
    """A running `paymail up`: its address, its folder, and the mail that it has delivered."""

    def __init__(self, folder: Path, *arguments: str, sink: Sink | None = None, **settings: str) -> None:
        self.folder = folder
        self.sink = sink
        self.port = two_free_ports()
        self.url = f"http://127.0.0.1:{self.port}"
        self.environment = environment(folder, **settings)
        self.out = folder / "up.out"
        self.process = self.start(*arguments)

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        with self.out.open("wb") as out:
            return subprocess.Popen(
                [sys.executable, "-m", "paymail", "up", "--port", str(self.port), *arguments],
                env=self.environment,
                stdout=out,
                stderr=subprocess.STDOUT,
            )

    def wait(self) -> "Up":
        """Return once it has announced its addresses."""
        wait_for(lambda: "Press Ctrl-C to stop everything" in self.out.read_text(), process=self.process)
        return self

    def command(self, *arguments: str, expect: int = 0) -> str:
        """Run a `paymail` command beside it; return its stdout."""
        done = subprocess.run(
            [sys.executable, "-m", "paymail", *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == expect, done.stdout + done.stderr
        return done.stdout

    def mails(self) -> list[reader.Mail]:
        """Return what was delivered, newest first."""
        folder = self.folder / "mailbox"
        if self.sink is not None:
            folder.mkdir(exist_ok=True)
            for number, mime in enumerate(self.sink.accepted):
                (folder / f"{number:04d}.eml").write_bytes(mime)
        return [reader.read(folder, name) for name in reader.list_names(folder)]

    def link_of(self, number: int) -> str:
        """Return the pay link that the customer finds in the email, the same wherever it stands."""
        wait_for(lambda: any(m.subject.startswith(f"Invoice #{number} ") for m in self.mails()))
        mail = next(m for m in self.mails() if m.subject.startswith(f"Invoice #{number} "))
        links = set(re.findall(r"http://[^\s\"<]+/pay/[0-9a-f]{64}", mail.text + mail.html))
        assert len(links) == 1
        return links.pop()

    def receipts(self, number: int) -> list[reader.Mail]:
        return [m for m in self.mails() if m.subject.startswith("Receipt") and f"#{number}" in m.subject]

    def children(self) -> list[int]:
        """Return the pids of the services."""
        found = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return [int(pid) for pid in found.split()]

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(60)


def wait_for(
    reached: Callable[[], object], seconds: float = 120, process: subprocess.Popen[bytes] | None = None
) -> None:
    deadline = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < deadline, "it did not happen in time"
        assert process is None or process.poll() is None, "the process has ended"
        time.sleep(0.05)


def fill_card(page: Page, number: str) -> None:
    frame = page.frame_locator("#payment-element iframe")
    frame.get_by_label(re.compile("card number", re.I)).fill(number)
    frame.get_by_label(re.compile("expir", re.I)).fill("12/34")
    frame.get_by_label(re.compile("cvc|security code", re.I)).fill("123")


def logged_in(browser: Browser, url: str, email: str, password: str) -> BrowserContext:
    """Return a browser that is logged in as staff; the caller closes it."""
    found = browser.new_context()
    page = found.new_page()
    page.goto(f"{url}/staff/")
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Needs you")).to_be_visible()
    page.close()
    return found


@contextmanager
def quiet_page(context: BrowserContext) -> Iterator[Page]:
    """Open a page on which nothing may break the policy that is served, nor fail otherwise."""
    found = context.new_page()
    found.set_viewport_size({"width": 1280, "height": 900})
    faults: list[str] = []
    found.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    yield found
    found.close()
    assert faults == []


@pytest.fixture(scope="module", params=["embedded", "postgresql+redis+smtp"])
def running(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    """`paymail up` with its sample, on each topology."""
    folder = tmp_path_factory.mktemp("up")
    if request.param == "embedded":
        up = Up(folder)
        try:
            yield up.wait()
        finally:
            up.stop()
        return
    cluster: Cluster = request.getfixturevalue("postgres")
    with Sink() as sink:
        up = Up(
            folder,
            sink=sink,
            PAYMAIL_DATABASE_URL=cluster.create(f"up{free_port()}"),
            PAYMAIL_BROKER_URL=request.getfixturevalue("redis_url"),
            PAYMAIL_MAIL_TRANSPORT="smtp",
            PAYMAIL_SMTP_PORT=str(sink.port),
            PAYMAIL_SMTP_SECURITY="none",
        )
        try:
            yield up.wait()
        finally:
            up.stop()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def shop(
    sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory, sandbox: SandboxServer
) -> Iterator[Shop]:
    """One web server for all tests of a module, each of which makes its own invoices."""
    folder = tmp_path_factory.mktemp("shop")
    shutil.copy(sqlite_template, folder / "paymail.db")
    with opened(folder, f"sqlite:///{folder / 'paymail.db'}", sandbox.url) as found:
        yield found
