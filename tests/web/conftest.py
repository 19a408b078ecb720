"""The real application over a real database, with the sandbox behind the real SDK."""

import hashlib
import hmac
import json
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import ClassVar
from unittest import mock
from zlib import crc32

import pytest
from fastapi import FastAPI
from httpx2 import Response
from limits.storage import MemoryStorage
from sqlalchemy import func, select
from starlette.testclient import TestClient

from paymail.models import Invoice, Message, MessageState, StaffSession
from paymail.sandbox.customer import pay
from paymail.services.access.staff import digest
from paymail.services.access.staff_passwords import set_password
from paymail.settings import Settings
from paymail.stripe_settings import SANDBOX_WEBHOOK_SECRET
from paymail.tasks.sweep import sweep_once
from paymail.web.app import create_app
from paymail.web.http import request_counts
from paymail.web.staff.session import COOKIE
from paymail.web.staff.shell import NavCounts
from paymail.wiring import App, build
from tests.conftest import KINDS, lent_database, without_sync
from tests.factories import NOW, make_invoice
from tests.hashers import quick_hasher

STAFF = "staff@paymail.example"
PASSWORD = "correct horse battery staple"


BOTH = pytest.mark.parametrize("database_url", KINDS, indirect=True)
"""For a page's test of what databases do differently: it runs on each kind."""


@pytest.fixture
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database of the kind that the test's name draws. Statements are tested on both kinds where they are
    written, in `tests/services`."""
    drawn = KINDS[crc32(request.node.nodeid.encode()) % len(KINDS)]
    with lent_database(getattr(request, "param", drawn), request, tmp_path) as url:
        yield url


@dataclass
class Site:
    """A wired application, its client and its invoices."""

    app: App
    client: TestClient

    def invoice(self, invoice_id: int = 502, **more: object) -> str:
        """Make an invoice and return its token."""
        with self.app.transaction() as session:
            return make_invoice(session, invoice_id=invoice_id, **more).payment_token or ""  # type: ignore[arg-type]

    def change(self, invoice_id: int = 502, **values: object) -> None:
        with self.app.transaction() as session:
            invoice = session.get_one(Invoice, invoice_id)
            for name, value in values.items():
                setattr(invoice, name, value)

    def doubt(self, message_id: int) -> None:
        """Make a message one whose hand-over is in doubt."""
        with self.app.transaction() as session:
            session.get_one(Message, message_id).state = MessageState.UNKNOWN

    def expire(self, invoice_id: int = 502) -> None:
        self.change(invoice_id, payment_token_expires_at=self.app.now() - timedelta(seconds=1))

    def count(self, table: type) -> int:
        with self.app.reading() as session:
            return session.scalar(select(func.count()).select_from(table)) or 0

    def start(self, token: str) -> dict[str, object]:
        answer = self.client.post(f"/api/public/pay/{token}/create-payment")
        assert answer.status_code == 200, answer.text
        found: dict[str, object] = answer.json()
        return found

    def customer_pays(self, created: dict[str, object], card: str = "4242424242424242") -> str:
        """Pay at the sandbox, as Stripe.js would; return the intent's id."""
        return str(pay(str(created["clientSecret"]), card, base_url=self.app.settings.sandbox_url)["id"])

    def webhook(self, body: object, *, secret: str = SANDBOX_WEBHOOK_SECRET, at: float | None = None) -> int:
        """Post a signed event; return the status."""
        return self.signed(body, secret=secret, at=at).status_code

    def signed(
        self, body: object, *, secret: str = SANDBOX_WEBHOOK_SECRET, at: float | None = None
    ) -> Response:
        """Post a signed event."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        stamp = str(int(time.time() if at is None else at))
        mac = hmac.new(secret.encode(), stamp.encode() + b"." + raw, hashlib.sha256).hexdigest()
        signed = {"Stripe-Signature": f"t={stamp},v1={mac}"}
        return self.client.post("/webhooks/stripe", content=raw, headers=signed)

    def sweep(self) -> int:
        return sweep_once(self.app)

    def log_in(self) -> str:
        """Log in as staff and return the CSRF token. Home is not opened: it takes longer than most tests."""
        set_password(self.app.login_context(), email=STAFF, password=PASSWORD)
        form = {"email": STAFF, "password": PASSWORD}
        answer = self.client.post("/staff/login", data=form, follow_redirects=False)
        assert answer.status_code == 303, answer.text
        with self.app.reading() as session:
            return session.scalars(
                select(StaffSession.csrf).where(
                    StaffSession.secret_sha256 == digest(self.client.cookies[COOKIE])
                )
            ).one()


class Counts(MemoryStorage):
    """Rate limits that begin anew with each test."""

    made: ClassVar[list["Counts"]] = []

    def __init__(self, *arguments: object, **named: object) -> None:
        super().__init__(*arguments, **named)  # type: ignore[arg-type]
        self.made.append(self)


class Stage:
    """What an application is made over; the App of each test stands on it in its turn."""

    def __init__(self, app: App) -> None:
        self.present = app

    def __getattr__(self, name: str) -> object:
        return getattr(self.present, name)


_SERVED: dict[str, tuple[Stage, FastAPI]] = {}


def served(app: App) -> FastAPI:
    """Return the application over `app`: making its routes takes longer than a test, so those of equal
    settings share one."""
    key = app.settings.model_dump_json(exclude={"database_url", "data_dir"}) + str(
        app.settings.webhook_secrets
    )
    if key not in _SERVED:
        stage = Stage(app)
        with mock.patch.object(request_counts, "MemoryStorage", Counts):
            _SERVED[key] = (stage, create_app(stage))  # type: ignore[arg-type]
    stage, made = _SERVED[key]
    stage.present = app
    for counts in Counts.made:
        counts.reset()
    made.state.nav_counts = NavCounts(lambda: 0.0)  # counted once a test: no second that passes costs more
    return made


@pytest.fixture
def site(settings: Settings) -> Iterator[Site]:
    """The application; the secure cookie needs an https address, as in production."""
    app = replace(
        build(settings.model_copy(update={"public_url": "https://pay.example"})), hasher=quick_hasher()
    )
    without_sync(app.engine)
    with TestClient(served(app), base_url="https://pay.example", raise_server_exceptions=False) as client:
        yield Site(app, client)
    app.close()


class Biller:
    """A member of staff at the pages, whose clock the test moves: it begins on Tuesday, noon in Sydney."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.clock = NOW
        object.__setattr__(site.app, "now", lambda: self.clock)
        self.csrf = site.log_in()

    def get(self, path: str, status: int = 200) -> str:
        answer = self.site.client.get(f"/staff{path}")
        assert answer.status_code == status, answer.text
        return answer.text

    def post(self, path: str, status: int = 200, **form: object) -> str:
        """Post a form, follow where it leads; return the page."""
        return self.answer(path, status, **form).text

    def answer(self, path: str, status: int = 200, **form: object) -> Response:
        found = self.site.client.post(f"/staff{path}", data={"csrf": self.csrf, **form})
        assert found.status_code == status, found.text
        return found

    def choose(self, company: int | str, back: str = "") -> str:
        """Choose the company that the pages are about; empty: all. Return the page that follows."""
        return self.post("/company", company=company, back=back)

    def messages(self) -> list[Message]:
        with self.site.app.reading() as session:
            return list(session.scalars(select(Message).order_by(Message.message_id)))

    def move(self, **by: float) -> datetime:
        self.clock += timedelta(**by)
        return self.clock

    def go(self, to: datetime) -> None:
        """Move the clock, and log in again: the session is over by then."""
        self.clock = to
        self.csrf = self.site.log_in()

    def hidden(self, page: str, name: str) -> str:
        """Return the value of a hidden field."""
        found = re.search(rf'name="{name}" value="([^"]*)"', page)
        assert found is not None, name
        return found[1]


@pytest.fixture
def biller(site: Site) -> Biller:
    """Staff at the pages, logged in."""
    return Biller(site)
