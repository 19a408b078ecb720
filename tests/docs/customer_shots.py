"""Pictures of what a customer receives: sent emails, PDFs and pages, as their devices show them."""

import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page

from paymail.mail import reader

PHONE, PANE, DESK = 390, 700, 1280
"""Pixels of a telephone, of a mail program's pane and of a desk's screen."""
HEIGHT = 844
DPI = 110


def nothing(_page: Page) -> None:
    """Leave a page as it is."""


@dataclass(frozen=True)
class Email:
    """The bytes that were handed over."""

    mime: bytes
    width: int = PHONE
    scheme: str = "light"

    @property
    def title(self) -> str:
        """Its header lines: what a list of emails shows."""
        mail = reader.take_apart(self.mime)
        return f"{self.width} px, {self.scheme}. From {mail.sender}. To {mail.recipient}. {mail.subject}"

    def take(self, browser: Browser, stem: Path) -> Iterator[Path]:
        """Take the HTML as Chromium shows it, in whole."""
        with _page(browser, self.width, self.scheme) as page:
            page.set_content(reader.take_apart(self.mime).html, wait_until="networkidle")
            yield _saved(page, stem)


@dataclass(frozen=True)
class Paper:
    """A PDF."""

    pdf: bytes
    last: int = 3
    """How many of its pages are taken."""
    title: str = "PDF"

    def take(self, _browser: Browser, stem: Path) -> Iterator[Path]:
        """Take its first pages."""
        with tempfile.NamedTemporaryFile(suffix=".pdf") as file:
            Path(file.name).write_bytes(self.pdf)
            command = ["pdftoppm", "-png", "-r", str(DPI), "-l", str(self.last), file.name, str(stem)]
            subprocess.run(command, check=True)
        yield from sorted(stem.parent.glob(f"{stem.name}-*.png"))


@dataclass(frozen=True)
class Screen:
    """A page of ours, after what the customer does on it."""

    url: str
    width: int = PHONE
    scheme: str = "light"
    act: Callable[[Page], None] = nothing
    whole: bool = True
    """Whether all of it is taken, or what the window shows."""

    @property
    def title(self) -> str:
        """How wide and in which theme; the address has a link's token."""
        return f"Page, {self.width} px, {self.scheme}"

    def take(self, browser: Browser, stem: Path) -> Iterator[Path]:
        """Take the page once its payment form, if any, is there."""
        with _page(browser, self.width, self.scheme) as page:
            page.goto(self.url, wait_until="networkidle")
            if page.locator("#submit").count():
                page.locator("#submit:enabled").wait_for()
            self.act(page)
            # Chromium leaves a frame empty that was out of sight.
            page.evaluate("scrollTo(0, 0)")
            page.wait_for_load_state("networkidle")
            yield _saved(page, stem, whole=self.whole)


Shot = Email | Paper | Screen


@contextmanager
def _page(browser: Browser, width: int, scheme: str) -> Iterator[Page]:
    look: dict[str, Any] = {
        "viewport": {"width": width, "height": HEIGHT},
        "color_scheme": scheme,
        "locale": "en-AU",
    }
    context = browser.new_context(**look)
    yield context.new_page()
    context.close()


def _saved(page: Page, stem: Path, *, whole: bool = True) -> Path:
    file = stem.with_name(f"{stem.name}.png")
    page.screenshot(path=file, full_page=whole, animations="disabled")
    return file
