"""A customer in a real browser: email, click, decline, challenge, pay, receipt, under the served CSP."""

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from paymail.mail import reading
from tests.conftest import environment, free_port

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


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """`paymail up` with its sample, as `make run` starts it."""
    folder = tmp_path_factory.mktemp("up")
    port = free_port()
    log = (folder / "up.log").open("wb")
    process = subprocess.Popen(
        [sys.executable, "-m", "paymail", "up", "--port", str(port)],
        env=environment(folder),
        stdout=log,
        stderr=log,
    )
    try:
        wait_for(lambda: len(reading.list_names(folder / "mailbox")) >= 3)
        yield f"http://127.0.0.1:{port}", folder
    finally:
        process.terminate()
        process.wait(30)
        log.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        yield browser
        browser.close()


def wait_for(reached: object, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not reached():  # type: ignore[operator]
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


def link_of(folder: Path, number: int) -> str:
    """Return the pay link that the customer finds in the email."""
    mails = [reading.read(folder / "mailbox", name) for name in reading.list_names(folder / "mailbox")]
    mail = next(m for m in mails if m.subject.startswith(f"Invoice #{number} "))
    links = set(re.findall(r"http://[^\s\"<]+/pay/[0-9a-f]{64}", mail.text + mail.html))
    assert len(links) == 1
    return links.pop()


def receipts(folder: Path, number: int) -> list[reading.Mail]:
    names = reading.list_names(folder / "mailbox")
    mails = [reading.read(folder / "mailbox", name) for name in names]
    return [m for m in mails if m.subject.startswith("Receipt") and f"#{number}" in m.subject]


def fill_card(page: Page, number: str) -> None:
    frame = page.frame_locator("#payment-element iframe")
    frame.get_by_label(re.compile("card number", re.I)).fill(number)
    frame.get_by_label(re.compile("expir", re.I)).fill("12/34")
    frame.get_by_label(re.compile("cvc|security code", re.I)).fill("123")


@pytest.mark.parametrize("width", [1280, 390])
def test_the_page_fits_and_breaks_no_policy(browser: Browser, running: tuple[str, Path], width: int) -> None:
    page = browser.new_page(viewport={"width": width, "height": 900})
    faults: list[str] = []
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    page.goto(link_of(running[1], 500))
    expect(page.get_by_role("heading", name="Invoice #500")).to_be_visible()
    expect(page.locator("#submit")).to_be_enabled(timeout=15_000)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert faults == []
    page.close()


def test_a_decline_is_explained_then_a_good_card_pays(browser: Browser, running: tuple[str, Path]) -> None:
    page = browser.new_page()
    page.goto(link_of(running[1], 502))
    expect(page.locator("#submit")).to_be_enabled(timeout=15_000)
    fill_card(page, "4000000000000002")
    page.locator("#submit").click()
    expect(page.locator("#message")).to_contain_text("declined", timeout=15_000)
    fill_card(page, "4242424242424242")
    page.locator("#submit").click()
    expect(page.get_by_text("Thank you, the invoice is paid")).to_be_visible(timeout=15_000)
    wait_for(lambda: receipts(running[1], 502))
    (receipt,) = receipts(running[1], 502)
    headers = dict(receipt.headers)
    assert headers["In-Reply-To"] == headers["References"]
    assert [part.content_type for part in receipt.attachments] == ["application/pdf"]
    page.reload()
    expect(page.get_by_text("This invoice is paid")).to_be_visible()
    page.close()


def test_the_challenge_is_passed(browser: Browser, running: tuple[str, Path]) -> None:
    page = browser.new_page()
    page.goto(link_of(running[1], 501))
    expect(page.locator("#submit")).to_be_enabled(timeout=15_000)
    fill_card(page, "4000002500003155")
    page.locator("#submit").click()
    challenge = page.frame_locator("iframe[title^=Authenticate]").get_by_role(
        "button", name=re.compile("complete", re.I)
    )
    challenge.first.click(timeout=15_000)
    expect(page.get_by_text("Thank you, the invoice is paid")).to_be_visible(timeout=15_000)
    page.close()
