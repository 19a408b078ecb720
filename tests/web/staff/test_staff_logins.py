"""Logins from strangers: they cost customers nothing, are counted and logged, and lock nobody out."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace

import pytest
import structlog
from starlette.testclient import TestClient

from paymail.services.access.password_hasher import PasswordHasher
from paymail.web.app import create_app
from tests.hashers import HeldHasher
from tests.web.bearer import bearer
from tests.web.conftest import PASSWORD, STAFF, Site

WRONG = "wrong"
FREE = {
    "login_rate_limit": "999/minute",
    "login_account_rate_limit": "999/minute",
    "login_total_rate_limit": "999/minute",
}


@contextmanager
def served(
    site: Site, *, hasher: PasswordHasher | None = None, address: str = "192.0.2.1", **rates: str
) -> Iterator[TestClient]:
    """The application with other limits, asked from an address."""
    settings = site.app.settings.model_copy(update=rates)
    app = create_app(replace(site.app, settings=settings, hasher=hasher or site.app.hasher))
    with TestClient(app, base_url="https://pay.example", client=(address, 1)) as client:
        yield client


def attempt(client: TestClient, password: str = WRONG, email: str = STAFF) -> int:
    form = {"email": email, "password": password}
    return client.post("/staff/login", data=form, follow_redirects=False).status_code


def elsewhere(client: TestClient, address: str) -> TestClient:
    """Ask the same application from another address."""
    return TestClient(client.app, base_url="https://pay.example", client=(address, 1))


def test_forty_logins_at_once_check_two_passwords_and_keep_no_customer_waiting(site: Site) -> None:
    token, hasher = site.invoice(), HeldHasher()
    with served(site, hasher=hasher, **FREE) as client, ThreadPoolExecutor(40) as crowd:
        answers = [crowd.submit(attempt, client, email=f"{n}@x.example") for n in range(40)]
        try:
            hasher.wait_for(checks=2)
            assert client.get(f"/pay/{token}").status_code == 200
            assert client.get("/healthz").status_code == 200
            assert client.get("/staff/login").status_code == 200
        finally:
            hasher.go.set()
        found = [answer.result(60) for answer in answers]
    assert hasher.most == 2
    assert set(found) == {403, 429}
    assert found.count(403) >= 2


def test_failures_close_an_account_for_a_while_whatever_address_they_come_from(site: Site) -> None:
    site.log_in()
    with served(site, **{**FREE, "login_account_rate_limit": "3/minute"}) as client:
        others = [elsewhere(client, f"192.0.2.{n}") for n in range(5)]
        assert [attempt(other) for other in others] == [403, 403, 403, 429, 429]
        assert attempt(elsewhere(client, "192.0.2.9"), PASSWORD) == 429
        assert attempt(client, email="nobody@x.example") == 403


def test_logins_that_succeed_are_not_counted_against_an_account(site: Site) -> None:
    site.log_in()
    with served(site, **{**FREE, "login_account_rate_limit": "2/minute"}) as client:
        assert [attempt(client, word) for word in [WRONG, PASSWORD] * 3] == [403, 303] * 3


def test_a_stranger_cannot_lock_out_whoever_signed_in_from_their_address_before(site: Site) -> None:
    site.log_in()
    tight = {**FREE, "login_account_rate_limit": "2/minute", "login_total_rate_limit": "6/minute"}
    with served(site, address="2001:db8:1:2::7", **tight) as client:
        assert attempt(client, PASSWORD) == 303
        strangers = [elsewhere(client, f"192.0.2.{n}") for n in range(8)]
        assert [attempt(stranger) for stranger in strangers] == [403] * 2 + [429] * 6
        assert attempt(elsewhere(client, "192.0.2.9"), email="nobody@x.example") == 429  # the total
        assert attempt(elsewhere(client, "2001:db8:1:2::8"), PASSWORD) == 303


@pytest.mark.parametrize(
    ("address", "same", "another"),
    [
        ("2001:db8:1:2::7", "2001:db8:1:2:ffff::1", "2001:db8:1:3::7"),
        ("::ffff:192.0.2.1", "192.0.2.1", "::ffff:192.0.2.2"),
    ],
)
def test_a_whole_ipv6_network_is_one_address(site: Site, address: str, same: str, another: str) -> None:
    def wrong_key(client: TestClient) -> int:
        key = {"Authorization": f"Bearer pm_{'0' * 12}_{'x' * 43}"}
        return client.get("/api/v1/invoices", headers=key).status_code

    tries: list[tuple[Callable[[TestClient], int], int]] = [(attempt, 403), (wrong_key, 401)]
    with served(site, **{**FREE, "login_rate_limit": "2/minute"}) as client:
        for ask, refused in tries:
            answers = [ask(elsewhere(client, one)) for one in (address, same, address, same)]
            assert answers == [refused, refused, 429, 429]
            assert ask(elsewhere(client, another)) == refused


def test_refused_logins_are_logged_without_email_or_password(site: Site) -> None:
    site.log_in()
    with structlog.testing.capture_logs() as lines, served(site, address="2001:db8::7", **FREE) as client:
        attempt(client, "wrong horse")
        attempt(client, "wrong horse", "Nobody@x.example")
        attempt(client, PASSWORD)
    assert [(line["event"], line["address"]) for line in lines] == [("login refused", "2001:db8::/64")] * 2
    assert len({line["account"] for line in lines}) == 2
    for secret in ("horse", STAFF, "nobody"):
        assert secret not in str(lines).lower()


def test_logins_that_are_turned_away_are_logged_once_a_minute(site: Site) -> None:
    rates = {**FREE, "login_rate_limit": "1/minute"}
    with structlog.testing.capture_logs() as lines, served(site, **rates) as client:
        assert [attempt(client) for _ in range(4)] == [403, 429, 429, 429]
    assert [line["event"] for line in lines] == ["login refused", "logins turned away"]
    assert (lines[1]["reason"], lines[1]["address"]) == ("address", "192.0.2.1")


def test_refused_keys_are_logged_without_their_secret(site: Site) -> None:
    good = bearer(site.app, "read")["Authorization"]
    with structlog.testing.capture_logs() as lines:
        for key in (good[:-1] + ("A" if good[-1] != "A" else "B"), "Bearer nonsense", ""):
            given = {"Authorization": key} if key else {}
            assert site.client.get("/api/v1/invoices", headers=given).status_code == 401
        assert site.client.get("/api/v1/invoices", headers={"Authorization": good}).status_code == 200
    prefix, secret = good.split("_")[1:3]
    assert [(line["event"], line["key"]) for line in lines] == [
        ("API key refused", prefix),
        ("API key refused", "malformed"),
    ]
    assert secret[:20] not in str(lines)


@pytest.mark.parametrize("email", ["a\x00b@x.example", "x" * 600])
def test_an_email_that_no_database_holds_is_refused_like_any_other(site: Site, email: str) -> None:
    assert attempt(site.client, email=email) == 403
