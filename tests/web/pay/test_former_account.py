"""An issuer that moved to another account at Stripe: invoices with an open payment on the former one."""

import json
import urllib.request

import pytest
from sqlalchemy import update

from paymail.models import AttemptStatus, Issuer, Message, PaymentAttempt
from tests.web.conftest import Site


def attempts(site: Site) -> list[tuple[str, AttemptStatus]]:
    with site.app.reading() as session:
        rows = session.query(PaymentAttempt).order_by(PaymentAttempt.attempt_id)
        return [(row.account, row.status) for row in rows]


def move(site: Site, *, start: str, now: str) -> None:
    """Have the issuer's open payment stand on one account, and the issuer on another by now."""
    with site.app.transaction() as session:
        session.execute(update(PaymentAttempt).values(account=start))
        session.execute(update(Issuer).values(stripe_account=now))


def connect(site: Site, account: str, kind: str) -> None:
    """Connect another account to the sandbox's platform."""
    asked = urllib.request.Request(
        f"{site.app.settings.sandbox_url}/_sandbox/accounts",
        json.dumps({"id": account, "type": kind}).encode(),
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(asked):
        pass


def test_a_payment_on_an_account_that_was_cut_off_is_given_up_and_another_made(site: Site) -> None:
    token = site.invoice()
    first = site.start(token)
    move(site, start="acct_former", now="acct_sandbox")  # a Standard account, which tells no requirements
    second = site.start(token)
    assert (second["stripeAccount"], second["clientSecret"] == first["clientSecret"]) == (
        "acct_sandbox",
        False,
    )
    assert attempts(site) == [
        ("acct_former", AttemptStatus.CANCELED),
        ("acct_sandbox", AttemptStatus.OPEN),
    ]
    with site.app.reading() as session:
        assert [row.kind for row in session.query(Message)] == ["notice"]
    assert site.start(token)["clientSecret"] == second["clientSecret"]


@pytest.mark.parametrize("kind", ["standard", "express"])
def test_a_payment_on_a_former_account_that_still_answers_is_cancelled_there(site: Site, kind: str) -> None:
    token = site.invoice()
    site.start(token)
    connect(site, f"acct_{kind}_now", kind)
    move(site, start="acct_sandbox", now=f"acct_{kind}_now")
    assert site.start(token)["stripeAccount"] == f"acct_{kind}_now"
    assert attempts(site) == [
        ("acct_sandbox", AttemptStatus.CANCELED),
        (f"acct_{kind}_now", AttemptStatus.OPEN),
    ]
