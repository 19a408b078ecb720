"""Headers, limits, errors: a token leaks nowhere."""

from collections.abc import Iterator

import pytest

from paymail.settings import Settings
from paymail.web.http.headers import content_policy
from tests.web.conftest import Site

PUBLIC = [
    "/pay/{}",
    "/api/public/pay/{}",
    "/api/public/pay/{}/invoice.pdf",
    "/pay/nonsense",
    "/nothing",
    "/healthz",
]


@pytest.mark.parametrize("path", PUBLIC)
def test_every_answer_has_the_headers_that_keep_a_link_secret(site: Site, path: str) -> None:
    headers = site.client.get(path.format(site.invoice())).headers
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-robots-tag"] == "noindex, nofollow"
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["strict-transport-security"].startswith("max-age=")
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "server" not in headers


@pytest.mark.parametrize("kind", ["application/json", "application/x-www-form-urlencoded"])
def test_a_stranger_cannot_fill_the_memory(site: Site, kind: str) -> None:
    token = site.invoice()
    path = f"/api/public/pay/{token}/already-paid" if "json" in kind else f"/pay/{token}/paid"

    def body() -> Iterator[bytes]:
        yield b'{"text": "' if "json" in kind else b"text="
        for _ in range(100):
            yield b"x" * 64 * 1024

    answer = site.client.post(path, content=body(), headers={"Content-Type": kind})
    assert answer.status_code == 413
    assert answer.headers["referrer-policy"] == "no-referrer"


def test_with_real_keys_the_policy_names_stripe_and_nobody_else() -> None:
    real = Settings(
        stripe_secret_key="sk_live_x1", stripe_publishable_key="pk_live_x1", stripe_webhook_secrets="whsec_x"
    )
    policy = dict(part.partition(" ")[::2] for part in content_policy(real).split("; "))
    assert policy["script-src"] == "'self' https://js.stripe.com https://*.js.stripe.com"
    assert policy["connect-src"] == "'self' https://api.stripe.com"
    assert "https://hooks.stripe.com" in policy["frame-src"]
    assert "127.0.0.1" not in str(policy)


def test_requests_of_one_address_are_limited(site: Site) -> None:
    token = site.invoice()
    statuses = [site.client.get(f"/api/public/pay/{token}").status_code for _ in range(70)]
    assert statuses[:60] == [200] * 60
    assert statuses[-1] == 429


def test_logins_are_limited(site: Site) -> None:
    form = {"email": "a@b.example", "password": "x"}
    assert [site.client.post("/staff/login", data=form).status_code for _ in range(11)] == [403] * 10 + [429]


def test_an_unforeseen_fault_answers_without_its_reason(site: Site) -> None:
    object.__setattr__(site.app, "pdf", None)
    answer = site.client.get(f"/api/public/pay/{site.invoice()}/invoice.pdf")
    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
    assert "NoneType" not in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["cache-control"] == "no-store"


def test_a_browser_gets_a_page_and_a_program_a_problem(site: Site) -> None:
    page = site.client.get("/nothing", headers={"Accept": "text/html"})
    assert page.headers["content-type"].startswith("text/html")
    assert site.client.get("/nothing").headers["content-type"] == "application/problem+json"


def test_unknown_and_expired_pages_say_so(site: Site) -> None:
    token = site.invoice()
    unknown = site.client.get("/pay/" + "0" * 64)
    assert unknown.status_code == 404
    assert unknown.content == site.client.get("/pay/short").content
    site.expire()
    assert site.client.get(f"/pay/{token}").status_code == 410


def test_health_and_readiness(site: Site) -> None:
    assert site.client.get("/healthz").json() == {"status": "ok"}
    assert site.client.get("/readyz").json() == {"status": "ok"}


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>'])
def test_names_are_only_text_on_the_page(site: Site, name: str) -> None:
    assert name not in site.client.get(f"/pay/{site.invoice(name=name)}").text
