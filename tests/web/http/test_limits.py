"""Limits per address, per link and of all; shared through Redis, and never a reason to refuse without it."""

import time
from dataclasses import replace

import pytest
import redis
from fastapi import Request
from starlette.testclient import TestClient

from paymail.settings import Settings
from paymail.web.app import create_app
from paymail.web.http.limiter import RateLimited, address_of
from paymail.web.http.login_limits import LoginAttempt, LoginLimits
from paymail.web.http.public_limits import PublicLimits
from paymail.web.http.request_counts import RequestCounter, digest, rate_of
from tests.conftest import free_port
from tests.web.conftest import Site

API = "/api/public/pay"


def asked(address: str, token: str | None = "") -> Request:
    path = {} if token is None else {"token": token}
    return Request({"type": "http", "client": (address, 1), "path_params": path})


def limits(**rates: str) -> PublicLimits:
    return PublicLimits(Settings(**rates))


def refused(check: object, *requests: Request) -> list[bool]:
    found = []
    for request in requests:
        try:
            check(request)  # type: ignore[operator]
            found.append(False)
        except RateLimited:
            found.append(True)
    return found


def test_a_link_is_limited_whoever_asks() -> None:
    check = limits(pay_link_rate_limit="2/minute").every
    assert refused(check, *(asked(f"10.0.0.{n}") for n in range(3))) == [False, False, True]
    assert refused(check, asked("10.0.0.9", "another")) == [False]


def test_visitors_of_a_page_without_a_link_do_not_share_a_limit() -> None:
    check = limits(pay_link_rate_limit="2/minute").every
    assert refused(check, *(asked(f"10.0.0.{n}", None) for n in range(3))) == [False, False, False]


def test_an_address_is_limited_whatever_it_asks_for() -> None:
    check = limits(pay_rate_limit="2/minute").every
    assert refused(check, *(asked("10.0.0.1", str(n)) for n in range(3))) == [False, False, True]


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("testclient", "testclient"),
    ],
)
def test_an_ipv6_address_is_its_network(host: str, address: str) -> None:
    assert address_of(asked(host)) == address


def test_all_together_are_limited_and_who_is_refused_takes_no_share_of_it() -> None:
    check = limits(pay_total_rate_limit="3/minute", pay_rate_limit="2/minute").every
    assert refused(check, *(asked("10.0.0.1", str(n)) for n in range(9)))[:3] == [False, False, True]
    assert refused(check, asked("10.0.0.2", "a"), asked("10.0.0.3", "b")) == [False, True]


def test_asking_is_limited_per_address_per_link_and_of_all() -> None:
    assert refused(limits(pay_ask_rate_limit="1/hour").asking, asked("1", "a"), asked("1", "b")) == [
        False,
        True,
    ]
    assert refused(limits(pay_ask_rate_limit="1/hour").asking, asked("1", "a"), asked("2", "a")) == [
        False,
        True,
    ]
    check = limits(pay_ask_total_rate_limit="1/hour").asking
    assert refused(check, asked("1", "a"), asked("2", "b")) == [False, True]


@pytest.mark.parametrize("step", ["create-payment", "confirm-payment"])
def test_paying_is_limited_more_tightly_per_link_and_says_when_to_come_back(site: Site, step: str) -> None:
    token, other = site.invoice(), site.invoice(503)
    body = {"paymentIntentId": "pi_unknown1"}
    answers = [site.client.post(f"{API}/{token}/{step}", json=body) for _ in range(11)]
    assert [answer.status_code == 429 for answer in answers] == [False] * 10 + [True]
    assert answers[-1].json()["code"] == "rate_limited"
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 60
    assert site.client.post(f"{API}/{other}/{step}", json=body).status_code != 429
    assert site.client.get(f"{API}/{token}").status_code == 200


@pytest.mark.parametrize("path", ["/pay/{}/renew", API + "/{}/renew"])
def test_asking_for_a_link_is_limited_alike_for_known_and_unknown_ones(site: Site, path: str) -> None:
    known = site.invoice()
    for token in (known, "0" * 64):
        found = [site.client.post(path.format(token)).status_code for _ in range(6)]
        assert set(found) <= {202, 429}
    assert site.client.post(path.format("1" * 64)).status_code == 429  # twelve by this address


def test_staff_logins_say_when_to_come_back(site: Site) -> None:
    form = {"email": "a@b.example", "password": "x"}
    answers = [site.client.post("/staff/login", data=form) for _ in range(11)]
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 60


def test_two_applications_in_one_process_count_for_themselves(site: Site) -> None:
    rates = {"api_rate_limit": "2/minute", "login_rate_limit": "1/minute", "pay_rate_limit": "1/minute"}
    tight = replace(site.app, settings=site.app.settings.model_copy(update=rates))
    one, other = (TestClient(create_app(tight)) for _ in range(2))
    for path, method, before in [
        ("/api/v1/invoices", "GET", [401, 401]),
        ("/staff/login", "POST", [422]),
        (f"{API}/{'0' * 64}", "GET", [404]),
    ]:
        for client in (one, other):
            answers = [client.request(method, path).status_code for _ in range(len(before) + 1)]
            assert answers == [*before, 429]


def test_counts_are_shared_through_redis(redis_url: str) -> None:
    rate, key = rate_of("3/minute"), str(time.monotonic_ns())
    one, other = RequestCounter(redis_url), RequestCounter(redis_url)
    assert [one.hit(rate, key), other.hit(rate, key), one.hit(rate, key)] == [True, True, True]
    assert not other.hit(rate, key)
    assert 1 <= other.wait(rate, key) <= 60
    assert other.hit(rate, key + "x")


def test_logins_are_counted_by_all_processes_together(redis_url: str) -> None:
    rates = {"login_rate_limit": "2/minute", "login_account_rate_limit": "2/minute"}
    one, other = (LoginLimits(Settings(broker_url=redis_url, **rates)) for _ in range(2))
    home, away = (LoginAttempt.of(f"{time.monotonic_ns()}@x.example", n) for n in ("192.0.2.7", "192.0.2.8"))
    for count in (
        lambda limits: limits.count_failure(away),
        lambda limits: limits.count_address("192.0.2.8"),
    ):
        count(one)
        count(other)
        with pytest.raises(RateLimited):
            count(one)
    one.remember(home)
    other.count_failure(home)  # whose failures are forgotten, and who is known from now on
    with redis.Redis.from_url(redis_url) as client:
        assert not [key for key in client.keys("*") if b"x.example" in key]


def test_an_address_where_somebody_signed_in_is_counted_apart(redis_url: str) -> None:
    for broker in ("", redis_url):
        limits = LoginLimits(Settings(broker_url=broker, login_account_rate_limit="1/minute"))
        email = f"{time.monotonic_ns()}@x.example"
        home, away = (LoginAttempt.of(email, address) for address in ("192.0.2.7", "192.0.2.8"))
        limits.remember(home)
        limits.count_failure(away)
        limits.count_failure(home)
        for attempt in (home, away):
            with pytest.raises(RateLimited):
                limits.count_failure(attempt)


def test_without_redis_each_process_counts_for_itself_and_asks_it_again_later(redis_url: str) -> None:
    rate = rate_of("2/minute")
    away = RequestCounter(f"redis://127.0.0.1:{free_port()}/0")
    assert [away.hit(rate, "a") for _ in range(3)] == [True, True, False]
    assert 1 <= away.wait(rate, "a") <= 60
    asked_once = RequestCounter(f"redis://127.0.0.1:{free_port()}/0", away=0.0)
    assert [asked_once.hit(rate, "a") for _ in range(3)] == [True, True, False]


def test_a_broker_of_files_needs_no_redis() -> None:
    rate = rate_of("1/minute")
    assert [RequestCounter("").hit(rate, "a"), RequestCounter("memory://").hit(rate, "a")] == [True, True]


def test_no_key_holds_a_token() -> None:
    token = "ab" * 32
    assert token not in digest(token)
    assert digest(token) == digest(token) != digest("x")
