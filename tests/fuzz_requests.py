"""The long run of hostile requests, `make fuzz`: thousands of cases that schemathesis makes of the OpenAPI
description, and absurd values in every form and page; no answer may be a fault of ours.

`python -m tests.fuzz_requests [--cases 20000] [--database sqlite|postgresql] [--seed 1] [--path /api/v1/b]`.
Prints a line of figures per database, and ends with 1 if any answer was a 5xx.
"""

import argparse
import logging
import random
import shutil
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import schemathesis
from httpx2 import Response
from hypothesis import HealthCheck, Phase, given, seed, settings
from starlette.testclient import TestClient

from paymail import observability
from paymail.db import make_engine, schema
from paymail.documents import Document
from paymail.render.letter_writer import LetterWriter
from paymail.sandbox.config import SandboxConfig
from paymail.sandbox.server import SandboxServer
from paymail.settings import Settings
from paymail.wiring import TEMPLATES, build
from tests.conftest import free_port, without_sync
from tests.hashers import quick_hasher
from tests.lender import Lender
from tests.postgres import Cluster
from tests.web.bearer import bearer
from tests.web.conftest import Biller, Site, served
from tests.web.http.hostile import Attacker, Entry, entries
from tests.web.http.known import known_rows
from tests.web.http.mischief import ABSURD, Mischief
from tests.web.http.test_openapi import UNLIMITED, Remembering

Databases = Callable[[], AbstractContextManager[str]]
"""Gives the address of a migrated, empty database for a while."""


class Blank:
    """Attaches no document to speak of: emails are not what is asked here, and PDFs take long."""

    def render(self, document: Document) -> bytes:
        return b"%PDF-1.7"


@dataclass
class Figures:
    """What was asked and answered."""

    described: int = 0
    others: int = 0
    pages: int = 0
    answers: Counter[int] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    def count(self, about: str, ask: Callable[[], Response]) -> Response | None:
        """Ask; what raises, or is answered by a 5xx, is a fault. Return the answer, if there was one."""
        try:
            answer = ask()
        except Exception as error:
            last = "".join(traceback.format_exception(error)[-3:])
            self.answers[500] += 1
            self.note(f"{about}: {last}")
            return None
        self.answers[answer.status_code] += 1
        if answer.status_code >= 500:
            self.note(f"{about}: {answer.status_code} {answer.text[:300]}")
        return answer

    def note(self, fault: str) -> None:
        """Remember and show a fault."""
        self.faults.append(fault)
        print(fault, file=sys.stderr, flush=True)


def main() -> int:
    """Run what was asked for; return the exit code."""
    asked = arguments()
    observability.configure("CRITICAL", as_json=False)
    logging.disable()
    warnings.simplefilter("ignore")
    broken = 0
    for name, databases in (("sqlite", files), ("postgresql", servers)):
        if asked.database in (None, name):
            with SandboxServer(SandboxConfig()) as sandbox, databases() as lend:
                began = time.monotonic()
                found = Fuzz(lend, sandbox.url, asked).run()
                broken += len(found.faults)
                report(name, found, time.monotonic() - began)
    return 1 if broken else 0


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=20_000, help="of the described operations, per database")
    parser.add_argument("--database", choices=["sqlite", "postgresql"])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--path", default="", help="only paths that begin like this")
    return parser.parse_args()


def report(name: str, found: Figures, seconds: float) -> None:
    """Print the figures."""
    answers = ", ".join(f"{count} of {status}" for status, count in sorted(found.answers.items()))
    print(
        f"{name}: {found.described} cases of the described operations and {found.others} of forms and pages,"
        f" {found.pages} looks at what they left, in {seconds:.0f} s;"
        f" {len(found.faults)} faults (5xx); answers: {answers}",
        flush=True,
    )


@contextmanager
def files() -> Iterator[Databases]:
    """Lend SQLite files."""
    with tempfile.TemporaryDirectory(prefix="paymail-fuzz-") as folder:
        template = Path(folder) / "template.db"
        engine = make_engine(f"sqlite:///{template}")
        schema.upgrade(engine)
        engine.dispose()

        @contextmanager
        def lend() -> Iterator[str]:
            copy = Path(folder) / "copy.db"
            shutil.copy(template, copy)
            yield f"sqlite:///{copy}"
            for file in Path(folder).glob("copy.db*"):
                file.unlink()

        yield lend


@contextmanager
def servers() -> Iterator[Databases]:
    """Lend databases of a PostgreSQL of our own."""
    with Cluster(free_port()) as cluster:
        engine = make_engine(cluster.create("template_paymail"))
        schema.upgrade(engine)
        engine.dispose()
        with closing(Lender(cluster, "template_paymail")) as lender:
            yield lender.lend


class Fuzz:
    """A run on one kind of database. Each operation has a new one, as the cases change the rows."""

    def __init__(self, lend: Databases, sandbox_url: str, asked: argparse.Namespace) -> None:
        self._lend, self._sandbox, self._asked = lend, sandbox_url, asked
        self._found = Figures()

    def run(self) -> Figures:
        """Ask every operation, then every form and page."""
        with self._open() as (_biller, site):
            described = schemathesis.openapi.from_asgi("/openapi.json", site.client.app)
            operations = [result.ok() for result in described.get_all_operations()]
            operations = [one for one in operations if one.path.startswith(self._asked.path)]
            mine = {(one.path, one.method.upper()) for one in operations}
            others = [entry for entry in entries(site) if (entry.path, entry.method) not in mine]
            others = [entry for entry in others if entry.path.startswith(self._asked.path)]
        for at, operation in enumerate(operations):
            share = self._asked.cases // len(operations) + (at < self._asked.cases % len(operations))
            self._ask_operation(operation, share)
            self._progress()
        for entry in others:
            self._ask_entry(entry, max(20, self._asked.cases // 8 // len(others)))
        return self._found

    def _progress(self) -> None:
        print(f"{self._found.described} of {self._asked.cases}", end="\r", file=sys.stderr, flush=True)

    @contextmanager
    def _open(self) -> Iterator[tuple[Biller, Site]]:
        with ExitStack() as stack:
            url = stack.enter_context(self._lend())
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="paymail-fuzz-")))
            chosen = Settings(
                data_dir=folder,
                database_url=url,
                sandbox_url=self._sandbox,
                public_url="https://pay.example",
                **UNLIMITED,
            )
            made = build(chosen)
            stack.callback(made.close)
            writer = LetterWriter(TEMPLATES, Blank())
            app = replace(made, hasher=quick_hasher(), pdf=Remembering(made.pdf), writer=writer)
            without_sync(app.engine)
            client = stack.enter_context(TestClient(served(app), base_url="https://pay.example"))
            site = Site(app, client)
            yield Biller(site), site

    def _ask_operation(self, operation: Any, cases: int) -> None:
        about = f"{operation.method.upper()} {operation.path}"
        with self._open() as (biller, site):
            known, dice = known_rows(biller), random.Random(self._asked.seed)
            mischief = Mischief(site, bearer(site.app, "read", "write", "bounces"), known, dice)
            asked, turn = 0, 0

            def ask(case: Any) -> None:
                nonlocal asked
                asked += 1
                self._found.count(f"{about} {_brief(case)}", lambda: mischief.send(case))

            # What has few different cases is at an end early; the dice make of the same ones others.
            while asked < cases:
                turn += 1
                limited = settings(
                    max_examples=cases - asked,
                    phases=[Phase.generate],
                    database=None,
                    deadline=None,
                    suppress_health_check=list(HealthCheck),
                )
                seed(self._asked.seed + turn)(limited(given(operation.as_strategy())(ask)))()
            self._found.described += asked
            if operation.method.upper() != "GET":
                self._look_at_everything(biller, known, about)

    def _ask_entry(self, entry: Entry, cases: int) -> None:
        about = f"{entry.method} {entry.path}"
        with self._open() as (biller, site):
            known, dice = known_rows(biller), random.Random(self._asked.seed)
            attacker = Attacker(site, bearer(site.app, "read", "write"), biller.csrf, known)
            for at in range(cases):
                path, query, body = (
                    dice.choice(ABSURD) if dice.random() < chance else None for chance in (0.2, 0.6, 0.8)
                )
                given_values = f"{path!r:.60} {query!r:.60} {body!r:.60} {at}"
                ask = partial(attacker.send, entry, path=path, query=query, body=body, at=at)
                answer = self._found.count(f"{about} {given_values}", ask)
                if answer is not None and answer.headers.get("location") == "/staff/login":
                    attacker.csrf = biller.csrf = site.log_in()
            self._found.others += cases
            if entry.method != "GET":
                self._look_at_everything(biller, known, about)

    def _look_at_everything(self, biller: Biller, known: dict[str, object], after: str) -> None:
        """Work on what was stored, and ask every page: no stored value may break one."""
        biller.csrf = biller.site.log_in()
        try:
            biller.site.sweep()
        except Exception:
            self._found.note(f"the sweep after {after}: {traceback.format_exc()[-600:]}")
        attacker = Attacker(biller.site, bearer(biller.site.app, "read"), biller.csrf, known)
        for entry in entries(biller.site):
            # The staff's PDFs are the customer's.
            if entry.method == "GET" and (not entry.path.endswith(".pdf") or "{token}" in entry.path):
                about = f"{entry.path} after {after}"
                self._found.count(about, partial(attacker.send, entry))
                self._found.pages += 1


def _brief(case: Any) -> str:
    return f"{case.path_parameters!r:.150} {case.query!r:.150} {case.body!r:.300}"


if __name__ == "__main__":
    sys.exit(main())
