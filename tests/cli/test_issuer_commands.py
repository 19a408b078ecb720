"""`paymail issuers`: made, listed, shown and changed, and the pay page's domain at their accounts."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from paymail.models import Issuer
from paymail.sandbox.config import SandboxConfig
from paymail.sandbox.server import SandboxServer
from paymail.wiring import App
from tests.cli.running import run
from tests.factories import NOW
from tests.services.issuers.test_issuer_identity import picture

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
            session.add(
                Issuer(
                    name=name,
                    email="a@b.example",
                    stripe_account=account,
                    created_at=NOW,
                )
            )


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


def test_an_issuer_of_a_known_name_is_not_made_again_and_the_command_fails(commands: App) -> None:
    run("issuers", "add", "Acme", "a@acme.example")
    told = run("issuers", "add", "Acme", "other@acme.example", expect=1).output
    assert "there is an issuer of this name already, with the id 1; nothing was changed" in told
    with commands.reading() as session:
        assert session.get_one(Issuer, 1).email == "a@acme.example"


def test_issuers_are_listed_and_shown(commands: App) -> None:
    issuers(commands, Acme="acct_a", Bare="")
    assert "Acme  a@b.example  acct_a" in run("issuers", "list").stdout
    listed = json.loads(run("issuers", "list", "--json").stdout)
    assert [(one["issuer_id"], one["name"]) for one in listed] == [(1, "Acme"), (2, "Bare")]
    assert json.loads(run("issuers", "show", "Bare", "--json").stdout) == listed[1] | {
        "bank_change": None,
        "changes": [],
    }
    assert "choose one" in run("issuers", "show", expect=1).output


def test_a_logo_is_set_from_a_file_and_taken_away(commands: App, tmp_path: Path) -> None:
    issuers(commands, Acme="")
    file = tmp_path / "logo.png"
    file.write_bytes(picture())
    assert run("issuers", "logo", "Acme", str(file)).stdout.startswith("issuer 1: /brand/")
    assert json.loads(run("issuers", "show", "--json").stdout)["logo"].endswith(".png")
    file.write_bytes(b"no picture")
    run("issuers", "logo", "Acme", str(file), expect=1)
    run("issuers", "logo", "Acme", expect=2)
    assert run("issuers", "logo", "Acme", "--remove").stdout == "issuer 1: no logo\n"


def test_settings_are_changed_together_or_not_at_all_and_kept_with_their_author(commands: App) -> None:
    issuers(commands, Acme="acct_a")
    done = run("issuers", "set", "Acme", "link_days=never", "application_fee=1.5", "save_methods=on")
    assert done.stdout == "issuer 1: changed link_days, application_fee, save_methods\n"
    refused = (
        "reminder_cap=many", "link_days=soon", "save_methods=perhaps", "application_fee=99", "email=nobody",
        "stripe_account=acct_b", "name=Other", "ladder=x", "timezone=Mars", "tax_name=" + "x" * 21,
    )  # fmt: skip
    for wrong in refused:
        run("issuers", "set", "1", "tax_id=ABN 1", wrong, expect=1)
    run("issuers", "set", "1", "tax_id", expect=2)
    found = json.loads(run("issuers", "show", "--json").stdout)
    assert (found["link_days"], found["application_fee"], found["tax_id"]) == (None, 1.5, "")
    changes = [(one["actor"], one["setting"], one["old"], one["new"]) for one in found["changes"]]
    assert changes == [
        ("cli", "save_methods", "off", "on"),
        ("cli", "application_fee", "0", "1.5"),
        ("cli", "link_days", "30", "never"),
    ]
    assert "link_days '30' -> 'never'" in run("issuers", "show").stdout


def test_bank_details_are_set_changed_confirmed_and_cancelled(commands: App) -> None:
    issuers(commands, Acme="")
    change = "the bank details change on"
    assert change not in run("issuers", "set", "Acme", "bank_iban=DE89 3704 0044 0532 0130 00").stderr
    assert change in run("issuers", "set", "Acme", "bank_bic=COBADEFFXXX").stderr
    assert json.loads(run("issuers", "show", "--json").stdout)["bank_change"]["asked_by"] == "cli"
    assert "is cancelled" in run("issuers", "cancel-bank").stdout
    assert "no change of bank details is waiting" in run("issuers", "confirm-bank", expect=1).output
    run("issuers", "set", "Acme", "bank_bic=COBADEFF370")
    assert run("issuers", "confirm-bank").stdout == (
        "issuer 1: iban DE89370400440532013000, bic COBADEFF370\n"
    )
    run("issuers", "cancel-bank", expect=1)
