"""Takes the pictures of README and docs: `make screenshots`, or `python -m tests.docs.screenshots`.

Those of the tutorial are taken while it is done, where they stand in it; the others of invoices in the states
that the journeys know.
"""

import contextlib
import os
import re
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from paymail.db import make_engine, schema
from paymail.sandbox.config import SandboxConfig
from paymail.sandbox.server import SandboxServer
from tests.conftest import ROOT
from tests.docs.tutorial import FIRST_MONTH, do
from tests.journeys.conftest import FLAGS, Up, logged_in, wait_for
from tests.journeys.shop import Shop, opened, part_paid, plan

FOLDER = ROOT / "docs" / "screenshots"
LARGEST = 170_000
"""Bytes of one picture: they are kept for ever in the repository."""
WIDE, SHEET = (1280, 720), (680, 820)


def save(page: Page, name: str) -> None:
    """Take what the window shows."""
    page.wait_for_load_state("networkidle")
    file = FOLDER / name
    page.screenshot(path=file, animations="disabled")
    size = file.stat().st_size
    assert size <= LARGEST, f"{name} has {size} bytes"
    print(f"{name}: {size // 1000} kB")


class Album:
    """The pictures of the tutorial: where each of them is to be seen."""

    def __init__(self, up: Up, page: Page) -> None:
        self.up, self.page = up, page
        self.places: dict[str, Callable[[], None]] = {
            "staff-invoices.png": lambda: self.staff("invoices", 720),
            "mailbox.png": lambda: self.mail("Invoice #9001 "),
            "pay-page.png": self.pay_page,
            "receipt.png": lambda: self.mail("Receipt "),
            "forecast.png": lambda: self.staff("forecast?days=21&issuer=3", 860),
            "staff-invoice.png": lambda: self.staff("invoices/9002", 860),
            "money.png": self.money,
        }

    def take(self, name: str) -> None:
        """Take a picture by its file's name."""
        self.places[name]()
        save(self.page, name)

    def staff(self, path: str, height: int) -> None:
        self.page.set_viewport_size({"width": WIDE[0], "height": height})
        self.page.goto(f"{self.up.url}/staff/{path}")

    def mail(self, subject: str) -> None:
        name = next(m.name for m in self.up.mails() if m.subject.startswith(subject))
        self.staff(f"mailbox/{name}", 860)

    def money(self) -> None:
        # The invoice, the receipt and the credit note; until then the page says `sending`.
        wait_for(lambda: sum("accounts@bakery.example" in m.recipient for m in self.up.mails()) == 3)
        self.staff("invoices/9001#money", 720)

    def pay_page(self) -> None:
        self.page.set_viewport_size({"width": WIDE[0], "height": WIDE[1]})
        self.page.goto(self.up.link_of(9001))
        self.page.locator("#submit:enabled").wait_for()


def tutorial(browser: Browser, folder: Path) -> None:
    """Do the tutorial, and take its pictures; then the email by itself, and the bulk send's page."""
    os.environ["PAYMAIL_DATA_DIR"] = str(folder)
    up = Up(folder)
    try:
        login = re.search(r"\((\S+), password (\S+)\)", up.wait().out.read_text())
        assert login is not None
        context = logged_in(browser, up.url, login[1], login[2])
        album = Album(up, context.new_page())
        with contextlib.chdir(folder):
            do(FIRST_MONTH, up, album.take)
        album.staff("bulk/new?payment=unpaid", 760)
        save(album.page, "staff-bulk.png")
        name = next(m.name for m in up.mails() if m.subject.startswith("Invoice #502 "))
        album.page.set_viewport_size({"width": SHEET[0], "height": SHEET[1]})
        album.page.goto(f"{up.url}/staff/mailbox/{name}/html")
        save(album.page, "email.png")
    finally:
        up.stop()


def states(browser: Browser, folder: Path) -> None:
    """Take the pay page of a plan, part paid and overdue in the dark, and in Arabic."""
    folder.mkdir()
    engine = make_engine(f"sqlite:///{folder / 'paymail.db'}")
    schema.upgrade(engine)
    engine.dispose()
    with (
        SandboxServer(SandboxConfig()) as sandbox,
        opened(folder, f"sqlite:///{folder / 'paymail.db'}", sandbox.url) as shop,
    ):
        take_state(browser, shop, plan(shop), "pay-plan.png", (1280, 960))
        take_state(browser, shop, part_paid(shop), "pay-dark.png", (390, 1500), color_scheme="dark")
        take_state(browser, shop, shop.invoice(due_in=-4, locale="ar"), "pay-arabic.png", (390, 1150))


def take_state(
    browser: Browser, shop: Shop, token: str, name: str, size: tuple[int, int], **more: str
) -> None:
    context = browser.new_context(viewport={"width": size[0], "height": size[1]}, **more)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(shop.link(token))
    page.locator("#submit:enabled").wait_for()
    save(page, name)
    context.close()


def main() -> None:
    """Take all of them."""
    folder = Path(tempfile.mkdtemp(prefix="paymail-pictures-"))
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path="/usr/bin/chromium", args=[*FLAGS, "--lang=en-AU"]
            )
            tutorial(browser, folder)
            states(browser, folder / "states")
            browser.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
