"""Requests that write one after the other have few places: pay pages and webhooks need connections too."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from paymail.web.http.bounded_threads import BoundedThreads
from paymail.web.http.rate_limits import RateLimits
from tests.web.api.test_put_invoices import BODY
from tests.web.bearer import bearer
from tests.web.conftest import Site

CUSTOMER = {"name": "Acme", "email": "a@acme.example"}
WRITES: list[tuple[str, str, dict[str, Any]]] = [
    ("PUT", "/api/v1/invoices/a-1", BODY),
    ("PUT", "/api/v1/customers/C-9", CUSTOMER),
    ("POST", "/api/v1/customers/1/merge", {"into": 2}),
]


@contextmanager
def all_places_taken(limits: RateLimits) -> Iterator[None]:
    """Have only one place, and somebody in it."""
    before, limits.writing = limits.writing, BoundedThreads("test", at_once=1, waiting=0)
    begun, go = threading.Event(), threading.Event()

    def work() -> None:
        begun.set()
        assert go.wait(60)

    other = threading.Thread(target=lambda: asyncio.run(limits.writing.run(work)))
    other.start()
    try:
        assert begun.wait(60)
        yield
    finally:
        go.set()
        other.join()
        limits.writing = before


def test_who_finds_no_place_is_told_to_come_back_and_everything_else_is_served(site: Site) -> None:
    token = site.invoice()
    site.invoice(503)
    key = bearer(site.app, "read", "write")
    with all_places_taken(site.client.app.state.rate_limits):  # type: ignore[attr-defined]
        for method, path, body in WRITES:
            refused = site.client.request(method, path, json=body, headers=key)
            assert (refused.status_code, refused.json()["code"]) == (429, "busy"), path
            assert int(refused.headers["Retry-After"]) > 0
        assert site.client.get("/api/v1/invoices", headers=key).status_code == 200
        assert site.client.get(f"/pay/{token}").status_code == 200
    later = [site.client.request(method, path, json=body, headers=key) for method, path, body in WRITES]
    assert [answer.status_code for answer in later] == [201, 201, 200]
