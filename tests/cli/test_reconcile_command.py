"""`paymail reconcile` says in what the books and Stripe differ, and its exit code says whether they do."""

import functools
import json
import shutil
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select

from paymail.models import Drift, Message, Payment, ReconcilerTurn
from paymail.sandbox.config import SandboxConfig
from paymail.sandbox.customer import pay
from paymail.sandbox.server import SandboxServer
from paymail.services.payments import checkout
from paymail.settings import Settings
from paymail.wiring import App, build
from tests.cli import running
from tests.factories import make_invoice


@pytest.fixture
def stripe() -> Iterator[SandboxServer]:
    """A sandbox of this test alone: its ledger is compared as a whole."""
    with SandboxServer(SandboxConfig()) as server:
        yield server


@pytest.fixture
def app(
    tmp_path: Path, sqlite_template: Path, stripe: SandboxServer, monkeypatch: pytest.MonkeyPatch
) -> Iterator[App]:
    folder = tmp_path / "data"
    folder.mkdir()
    monkeypatch.setenv("PAYMAIL_DATA_DIR", str(folder))
    monkeypatch.setenv("PAYMAIL_SANDBOX_URL", stripe.url)
    monkeypatch.setenv("PAYMAIL_STRIPE_TIMEOUT", "2")
    shutil.copy(sqlite_template, folder / "paymail.db")
    found = build(Settings())
    yield found
    found.close()


def paid_without_a_webhook(app: App) -> str:
    with app.transaction() as session:
        token = make_invoice(session).payment_token or ""
    intent = checkout.start_payment(app.gateway_context(), token=token)
    pay(intent.client_secret, "4242424242424242", base_url=app.settings.sandbox_url)
    return intent.id


run = functools.partial(running.run, "reconcile")


def count(app: App, table: type) -> int:
    with app.reading() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def break_the_amount(app: App) -> None:
    with app.transaction() as session:
        session.scalars(select(Payment)).one().amount = 8000


def test_a_dry_run_reports_the_missed_payment_and_changes_nothing(app: App) -> None:
    intent_id = paid_without_a_webhook(app)
    found = run("--dry-run", expect=4)
    assert found.stdout.count("\n") == 1
    assert intent_id in found.stdout
    assert "received AUD 82.50" in found.stdout
    assert (count(app, Payment), count(app, Drift), count(app, ReconcilerTurn)) == (0, 0, 0)


def test_a_run_settles_the_missed_payment_and_the_books_agree(app: App) -> None:
    paid_without_a_webhook(app)
    found = run()
    assert found.stdout == "1 intent(s) of 1 account(s): everything agrees\n"
    assert "missed event" in found.stderr
    assert (count(app, Payment), count(app, Message), count(app, ReconcilerTurn)) == (1, 1, 2)


def test_drift_that_stays_is_exit_4_and_exact_in_json(app: App) -> None:
    paid_without_a_webhook(app)
    run()
    break_the_amount(app)
    data = json.loads(run("--json", expect=4).stdout)
    assert (data["failures"], data["intents"], len(data["drift"])) == ({}, 1, 1)
    (drift,) = data["drift"]
    assert (drift["kind"], drift["account"], drift["invoice_id"]) == ("amount_differs", "acct_sandbox", "502")
    assert (drift["books"]["amount"], drift["stripe"]["amount"]) == ("80.00", "82.50")
    assert count(app, Drift) == 1


def test_a_stripe_that_cannot_be_asked_is_exit_1(app: App, stripe: SandboxServer) -> None:
    paid_without_a_webhook(app)
    rule = {"kind": "500", "path": "/v1/", "times": 100}
    headers = {"Content-Type": "application/json"}
    asked = urllib.request.Request(f"{stripe.url}/_sandbox/faults", json.dumps(rule).encode(), headers)
    urllib.request.urlopen(asked).close()
    found = run(expect=1)
    assert "acct_sandbox could not be checked" in found.stderr
    assert found.stdout == ""


def test_one_account_may_be_chosen_and_must_be_ours(app: App) -> None:
    paid_without_a_webhook(app)
    assert "not an issuer's account" in run("--account", "acct_stranger", expect=1).stderr
    run("--account", "acct_sandbox")
    assert count(app, Payment) == 1


@pytest.mark.parametrize("days", ["0", "366", "x"])
def test_senseless_days_are_a_usage_error(app: App, days: str) -> None:
    run("--days", days, expect=2)


def test_a_tick_by_cron_reconciles_when_it_is_time(app: App) -> None:
    paid_without_a_webhook(app)
    running.run("tick")
    assert count(app, Payment) == 1
