"""Stripe's key, accounts and webhook, by the real SDK against the sandbox."""

import json
import urllib.request
from collections.abc import Callable, Iterator

import pytest
from pydantic import SecretStr
from sqlalchemy import select

from paymail.checks import Finding, Verdict
from paymail.models import Issuer
from paymail.sandbox.config import SandboxConfig
from paymail.sandbox.server import SandboxServer
from paymail.services.issuers.payment_domains import register
from paymail.services.payments.webhook_inbox import USED_EVENTS
from paymail.settings import Settings
from paymail.wiring import App
from tests.checks.conftest import ask, verdicts
from tests.factories import NOW

Open = Callable[..., App]
URL = "https://pay.southern-it.com"
HOOK = f"{URL}/webhooks/stripe"
ALL = USED_EVENTS
LACKING = ("payment_intent.canceled", "payment_intent.payment_failed")


@pytest.fixture
def own_sandbox() -> Iterator[SandboxServer]:
    with SandboxServer(SandboxConfig()) as server:
        yield server


def control(server: SandboxServer, name: str, **body: object) -> None:
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(f"{server.url}/_sandbox/{name}", json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request):
        pass


def issuers(app: App, **accounts: str) -> None:
    with app.transaction() as session:
        for name, account in accounts.items():
            session.add(Issuer(name=name, email="a@b.example", stripe_account=account, created_at=NOW))


def test_a_key_that_works_says_which_mode_it_is(
    opened: Open, embedded: Settings, own_sandbox: SandboxServer
) -> None:
    (found,) = ask(opened(embedded, sandbox_url=own_sandbox.url), "stripe key")
    assert (found.verdict, "sandbox key works" in found.found) == (Verdict.OK, True)


def test_a_wrong_key_is_a_failure_that_does_not_tell_it(opened: Open, embedded: Settings) -> None:
    with SandboxServer(SandboxConfig(secret_keys=("sk_test_another",))) as server:
        (found,) = ask(opened(embedded, sandbox_url=server.url), "stripe key")
    assert (found.verdict, "PAYMAIL_STRIPE_SECRET_KEY" in found.remedy) == (Verdict.FAILED, True)
    assert "sk_test" not in str(found)


@pytest.mark.parametrize("kind", ["500", "429", "timeout"])
def test_a_stripe_that_does_not_answer_is_a_failure_in_time(
    opened: Open, embedded: Settings, own_sandbox: SandboxServer, kind: str
) -> None:
    control(own_sandbox, "faults", kind=kind, path="/account", times=9, delay=9.0 if kind == "timeout" else 0)
    (found,) = ask(opened(embedded, sandbox_url=own_sandbox.url, stripe_timeout=1.0), "stripe key")
    assert (found.verdict, "Stripe" in found.found) == (Verdict.FAILED, True)


def test_each_issuers_account_must_be_connected_and_may_charge(
    opened: Open, embedded: Settings, own_sandbox: SandboxServer
) -> None:
    control(own_sandbox, "accounts", id="acct_new", type="express", charges_enabled=False)
    control(own_sandbox, "accounts", id="acct_closed", type="standard", charges_enabled=False)
    app = opened(embedded, sandbox_url=own_sandbox.url)
    assert verdicts(ask(app, "stripe accounts")) == [Verdict.NOT_ASKED]
    issuers(app, good="acct_sandbox", new="acct_new", closed="acct_closed", stranger="acct_stranger", bare="")
    found = ask(app, "stripe accounts")
    assert verdicts(found) == [Verdict.OK, *[Verdict.FAILED] * 3, Verdict.WARNING]
    assert "cannot accept payments (requirements.past_due)" in found[1].found
    assert found[2].found.endswith("acct_closed cannot accept payments")
    assert "acct_stranger is not connected" in found[3].found


def webhook(opened: Open, embedded: Settings, **rules: object) -> Finding:
    with SandboxServer(SandboxConfig(**rules)) as server:  # type: ignore[arg-type]
        (found,) = ask(opened(embedded, sandbox_url=server.url, public_url=URL), "stripe webhook")
    return found


@pytest.mark.parametrize(
    ("rules", "verdict", "words"),
    [
        ({"webhook_url": HOOK}, Verdict.OK, "all required events"),
        ({"webhook_url": HOOK, "webhook_events": ALL}, Verdict.OK, "all required events"),
        ({}, Verdict.FAILED, "no webhook endpoint"),
        (
            {"webhook_url": "https://other.southern-it.com/webhooks/stripe"},
            Verdict.FAILED,
            "no webhook endpoint",
        ),
        ({"webhook_url": HOOK, "webhook_enabled": False}, Verdict.FAILED, "disabled"),
        ({"webhook_url": HOOK, "webhook_connect": False}, Verdict.WARNING, "connected accounts"),
        (
            {"webhook_url": HOOK, "webhook_events": tuple(kind for kind in ALL if kind not in LACKING)},
            Verdict.FAILED,
            "does not receive payment_intent.canceled, payment_intent.payment_failed",
        ),
    ],
)
def test_the_webhook_endpoint_must_be_ours_enabled_and_complete(
    opened: Open, embedded: Settings, rules: dict[str, object], verdict: Verdict, words: str
) -> None:
    found = webhook(opened, embedded, **rules)
    assert (found.verdict, words in found.found) == (verdict, True), found


def test_a_key_that_may_not_list_endpoints_is_no_failure(opened: Open, embedded: Settings) -> None:
    with SandboxServer(SandboxConfig(secret_keys=("sk_test_another",))) as server:
        app = opened(embedded, sandbox_url=server.url, stripe_secret_key=SecretStr("sk_test_sandbox"))
        assert verdicts(ask(app, "stripe webhook")) == [Verdict.NOT_ASKED]


def test_each_issuers_account_must_have_the_pay_pages_domain(
    opened: Open, embedded: Settings, own_sandbox: SandboxServer
) -> None:
    app = opened(embedded, sandbox_url=own_sandbox.url, public_url=URL)
    assert verdicts(ask(app, "payment domains")) == [Verdict.NOT_ASKED]
    issuers(app, good="acct_sandbox", stranger="acct_stranger", bare="")
    hidden, unread = ask(app, "payment domains")
    assert (hidden.verdict, unread.verdict) == (Verdict.WARNING, Verdict.NOT_ASKED)
    assert "stay hidden" in hidden.found
    assert "issuers register-domain" in hidden.remedy
    register(app.payment_domains, account="acct_sandbox", name="pay.southern-it.com")
    assert ask(app, "payment domains")[0].verdict is Verdict.OK


def test_an_inactive_wallet_is_a_warning_with_stripes_reason(
    opened: Open, embedded: Settings, own_sandbox: SandboxServer
) -> None:
    app = opened(embedded, sandbox_url=own_sandbox.url, public_url="https://unreachable.southern-it.com")
    issuers(app, good="acct_sandbox")
    register(app.payment_domains, account="acct_sandbox", name="unreachable.southern-it.com")
    (found,) = ask(app, "payment domains")
    assert found.verdict is Verdict.WARNING
    assert "apple_pay is inactive (The domain could not be verified" in found.found


def test_without_a_public_https_address_no_domain_is_asked_for(opened: Open, embedded: Settings) -> None:
    assert verdicts(ask(opened(embedded), "payment domains")) == [Verdict.NOT_ASKED]


def test_domains_that_cannot_be_read_are_a_failure(
    opened: Open, embedded: Settings, own_sandbox: SandboxServer
) -> None:
    app = opened(embedded, sandbox_url=own_sandbox.url, public_url=URL)
    issuers(app, good="acct_sandbox")
    control(own_sandbox, "faults", kind="500", path="/payment_method_domains", times=9)
    assert verdicts(ask(app, "payment domains")) == [Verdict.FAILED]


def test_where_customers_may_save_their_method_its_event_is_needed_too(
    opened: Open, embedded: Settings
) -> None:
    with SandboxServer(SandboxConfig(webhook_url=HOOK, webhook_events=ALL)) as server:
        app = opened(embedded, sandbox_url=server.url, public_url=URL)
        issuers(app, good="acct_sandbox")
        assert verdicts(ask(app, "stripe webhook")) == [Verdict.OK]
        with app.transaction() as session:
            session.scalars(select(Issuer)).one().save_methods = True
        (found,) = ask(app, "stripe webhook")
    assert (found.verdict, "payment_method.detached" in found.found) == (Verdict.FAILED, True)
