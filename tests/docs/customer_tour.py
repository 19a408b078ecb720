"""Pictures of all that a customer receives and sees: `python -m tests.docs.customer_tour FOLDER [CASE...]`.

Each case of `customer_invoices.py` and `customer_events.py` is brought about by the product's use cases;
what goes out is shown from the bytes that were handed over.
FOLDER/index.html names each case above its pictures.
"""

import argparse
import html
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from paymail.db import make_engine, schema
from paymail.sandbox.config import SandboxConfig
from paymail.sandbox.server import SandboxServer
from tests.docs import customer_events, customer_invoices
from tests.docs.customer_account import Account
from tests.docs.customer_shots import Shot
from tests.journeys.conftest import FLAGS
from tests.journeys.shop import opened

Case = Callable[[Account], Iterable[Shot]]
CASES: tuple[Case, ...] = (*customer_invoices.CASES, *customer_events.CASES)


@contextmanager
def account_opened() -> Iterator[Account]:
    """Serve an empty shop, and remove it afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="paymail-tour-"))
    url = f"sqlite:///{folder / 'paymail.db'}"
    try:
        engine = make_engine(url)
        schema.upgrade(engine)
        engine.dispose()
        with SandboxServer(SandboxConfig()) as sandbox, opened(folder, url, sandbox.url) as shop:
            yield Account(shop)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def section(case: Case, browser: Browser, account: Account, folder: Path) -> str:
    """Take a case's pictures; return its part of the index."""
    name = case.__name__
    found = [f"<h2>{name}</h2><p>{html.escape(case.__doc__ or '')}</p>"]
    for number, shot in enumerate(case(account), 1):
        caption = html.escape(shot.title)
        found += [
            f"<figure><img src={file.name} alt=''><figcaption>{file.name}: {caption}</figcaption></figure>"
            for file in shot.take(browser, folder / f"{name}-{number:02d}")
        ]
    return "\n".join(found)


def main() -> None:
    """Take all of them, or the named ones."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("cases", nargs="*", metavar="case", help="names of cases; none: all")
    asked = parser.parse_args()
    asked.folder.mkdir(parents=True, exist_ok=True)
    wanted = [case for case in CASES if not asked.cases or case.__name__ in asked.cases]
    parts = ["<!DOCTYPE html><meta charset=utf-8><title>Customer tour</title>"]
    with account_opened() as account, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        for case in wanted:
            parts.append(section(case, browser, account, asked.folder))
            print(case.__name__)
        browser.close()
    (asked.folder / "index.html").write_text("\n".join(parts), encoding="utf-8")


if __name__ == "__main__":
    main()
