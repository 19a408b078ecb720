"""Bodies are bounded in size and time before they are parsed, and not looked at without credentials."""

import asyncio
from collections.abc import Iterator

import pytest
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import Message, Receive, Scope, Send

from paymail.web.app import BODY_LIMITS
from paymail.web.http.bodies import LARGEST, SLOWEST, BoundedBodies
from tests.web.bearer import bearer
from tests.web.conftest import Site

JSON = {"Content-Type": "application/json"}
WRONG_KEY = {"Authorization": "Bearer pm_000000000000_wrong"}


def chunks(size: int) -> Iterator[bytes]:
    """Yield a body whose length is not announced."""
    for _ in range(size // 1024):
        yield b" " * 1024


@pytest.mark.parametrize("announced", [True, False])
@pytest.mark.parametrize(
    ("path", "limit"),
    [("/api/v1/bulk", LARGEST), ("/staff/login", LARGEST), ("/webhooks/stripe", 512 * 1024)],
)
def test_a_larger_body_is_refused_on_every_path(site: Site, path: str, limit: int, announced: bool) -> None:
    size = limit + 1024
    body = b" " * size if announced else chunks(size)
    kind = {"Content-Type": "application/x-www-form-urlencoded"} if "staff" in path else JSON
    answer = site.client.post(path, content=body, headers=kind | bearer(site.app, "write"))
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["content-security-policy"]


def test_bounce_reports_have_a_limit_of_their_own(site: Site) -> None:
    key = bearer(site.app, "bounces")
    report = b"Subject: x\r\n\r\n" + b"x" * LARGEST
    assert site.client.post("/api/v1/bounces", content=report, headers=key).status_code != 413
    larger = b"x" * (BODY_LIMITS["/api/v1/bounces"] + 1)
    assert site.client.post("/api/v1/bounces", content=larger, headers=key).status_code == 413


@pytest.mark.parametrize("body", [b" " * (LARGEST + 1), b"{", b'{"a":' * 100_000, b"\xff\x00"])
@pytest.mark.parametrize("key", [{}, {"Authorization": "Basic eDp5"}, {"Authorization": "Bearer "}])
def test_without_a_key_no_body_is_looked_at(site: Site, body: bytes, key: dict[str, str]) -> None:
    answer = site.client.post("/api/v1/bulk", content=body, headers=JSON | key)
    assert (answer.status_code, answer.json()["code"]) == (401, "key_refused")
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["connection"] == "close"


def test_without_a_session_no_form_is_looked_at(site: Site) -> None:
    for body in (b"x" * (LARGEST + 1), b"--", b"a=" * 50_000):
        kind = {"Content-Type": "multipart/form-data; boundary=b"}
        answer = site.client.post("/staff/bulk", content=body, headers=kind, follow_redirects=False)
        assert (answer.status_code, answer.headers["location"]) == (303, "/staff/login")


def test_a_wrong_key_has_no_more_read_of_its_body_than_any_other(site: Site) -> None:
    body = b" " * (LARGEST + 1)
    assert site.client.post("/api/v1/bulk", content=body, headers=JSON | WRONG_KEY).status_code == 413


def test_too_many_requests_are_refused_before_their_bodies(site: Site) -> None:
    answers = [site.client.get("/api/v1/invoices", headers=WRONG_KEY).status_code for _ in range(11)]
    assert answers == [401] * 10 + [429]
    answer = site.client.post("/api/v1/bulk", content=b"{", headers=JSON | WRONG_KEY)
    assert (answer.status_code, answer.json()["code"]) == (429, "rate_limited")


@pytest.mark.parametrize("length", ["-1", "1e9", "9" * 5000, "٣", ""])
def test_a_nonsensical_length_is_no_fault(site: Site, length: str) -> None:
    headers = [(b"content-length", length.encode()), (b"content-type", b"application/json")]
    answer = site.client.post("/webhooks/stripe", content=b"x", headers=headers)
    assert answer.status_code < 500


class Clock(asyncio.SelectorEventLoop):
    """A loop in which time passes only when a test says so."""

    now = 0.0

    def time(self) -> float:
        return self.now


def sent_at(rate: int, size: int, *, seconds: float = 30.0) -> int:
    """Send `size` bytes at `rate` bytes a second; return the status."""
    answers: list[int] = []
    left = size

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            body = await Request(scope, receive).body()
        except HTTPException as error:
            answers.append(error.status_code)
        else:
            answers.append(200 if len(body) == size else 0)

    async def steady() -> Message:
        nonlocal left
        clock.now += 1  # and so a deadline that has passed by now is noticed before the next bytes
        await asyncio.sleep(0)
        piece, left = min(rate, left), left - min(rate, left)
        return {"type": "http.request", "body": b"x" * piece, "more_body": left > 0}

    async def send(message: Message) -> None: ...

    scope = {"type": "http", "path": "/api/v1/bounces", "method": "POST", "headers": []}
    with asyncio.Runner(loop_factory=Clock) as runner:
        clock = runner.get_loop()
        assert isinstance(clock, Clock)
        runner.run(BoundedBodies(app, limits=BODY_LIMITS, seconds=seconds)(scope, steady, send))
    return answers[0]


def test_a_large_report_over_a_slow_line_arrives_and_a_trickle_is_given_up() -> None:
    largest = BODY_LIMITS["/api/v1/bounces"]
    assert sent_at(SLOWEST, largest) == 200  # 27 minutes
    assert sent_at(SLOWEST // 2, largest) == 408
    assert sent_at(1, 1000) == 408
    assert sent_at(1, 25) == 200


def test_a_body_that_never_ends_is_given_up() -> None:
    refused: list[int] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await Request(scope, receive).body()
        except Exception as error:
            refused.append(error.status_code)  # type: ignore[attr-defined]
        await PlainTextResponse("over")(scope, receive, send)

    sent: list[Message] = []

    async def trickle() -> Message:
        await asyncio.sleep(0.01)
        return {"type": "http.request", "body": b"x", "more_body": True}

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {"type": "http", "path": "/x", "method": "POST", "headers": [(b"transfer-encoding", b"chunked")]}
    asyncio.run(BoundedBodies(app, limits={}, seconds=0.05)(scope, trickle, send))
    assert refused == [408]
    assert [message.get("body", b"") for message in sent] == [b"", b"over", b""]
    assert not sent[-1].get("more_body", False)
