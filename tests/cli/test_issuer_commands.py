"""`paymail issuers`: the pay page's domain at each issuer's Stripe account."""

import json
from collections.abc import Iterator

import pytest

from paymail.models import Issuer
from paymail.sandbox.config import SandboxConfig
from paymail.sandbox.server import SandboxServer
from paymail.wiring import App
from tests.cli.running import run
from tests.factories import NOW

DOMAIN = "pay.southern-it.com"


@pytest.fixture(autouse=True)
def stripe(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with SandboxServer(SandboxConfig(accounts=("acct_a", "acct_b"))) as server:
        monkeypatch.setenv("PAYMAIL_SANDBOX_URL", server.url)
        monkeypatch.setenv("PAYMAIL_PUBLIC_URL", f"https://{DOMAIN}")
        yield


def issuers(app: App, **accounts: str) -> None:
    with app.transaction() as session:
        for name, account in accounts.items():
            session.add(Issuer(name=name, email="a@b.example", stripe_account=account, created_at=NOW))


def test_the_domain_is_registered_for_the_only_issuer_and_every_wallet_is_named(commands: App) -> None:
    issuers(commands, Acme="acct_a")
    for _ in range(2):
        assert run("issuers", "register-domain").stdout == (
            f"Acme: {DOMAIN} is registered for acct_a: apple_pay active, google_pay active, link active\n"
        )


def test_all_issuers_are_registered_and_one_that_cannot_be_does_not_stop_the_others(commands: App) -> None:
    issuers(commands, Acme="acct_a", Bare="", Cut="acct_gone", Delta="acct_b")
    found = json.loads(run("issuers", "register-domain", "--all", "--json", expect=4).stdout)
    assert [one.get("error", "") for one in found] == ["", "no_stripe_account", "stripe_keys", ""]
    assert found[3]["wallets"] == {"apple_pay": "active", "google_pay": "active", "link": "active"}


def test_what_is_inactive_is_said_with_its_reason(commands: App, monkeypatch: pytest.MonkeyPatch) -> None:
    issuers(commands, Acme="acct_a", Delta="acct_b")
    monkeypatch.setenv("PAYMAIL_PUBLIC_URL", f"https://unreachable.{DOMAIN}")
    told = run("issuers", "register-domain", "--issuer", "Delta").stdout
    assert "apple_pay inactive (The domain could not be verified" in told
    assert "google_pay active" in told


def test_without_a_public_https_address_nothing_is_registered(
    commands: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    issuers(commands, Acme="acct_a")
    monkeypatch.setenv("PAYMAIL_PUBLIC_URL", "http://127.0.0.1:8025")
    assert "must be a public HTTPS address" in run("issuers", "register-domain", expect=3).output


def test_an_issuer_without_an_account_is_refused(commands: App) -> None:
    issuers(commands, Bare="")
    assert "has no Stripe account" in run("issuers", "register-domain", expect=1).output
    run("issuers", "register-domain", "--issuer", "Bare", "--all", expect=2)
