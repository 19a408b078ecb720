"""A request's id is in its answer and in its log lines."""

import asyncio
import traceback

import pytest
import structlog
from structlog.testing import capture_logs

from paymail import request_ids
from paymail.models import Message
from paymail.web.http.request_ids import RequestIds
from tests.web.bearer import bearer
from tests.web.conftest import Site


def test_an_id_is_made_for_each_request(site: Site) -> None:
    first, second = (site.client.get("/healthz").headers["x-request-id"] for _ in range(2))
    assert first != second
    assert len(first) == 24


def test_an_id_that_the_proxy_gave_is_answered(site: Site) -> None:
    answer = site.client.get("/nothing", headers={"X-Request-ID": "edge-1.a_B"})
    assert (answer.status_code, answer.headers["x-request-id"]) == (404, "edge-1.a_B")


@pytest.mark.parametrize(
    "given", ["", "x" * 65, "two words", "a\tb", "<script>", "é", "a" * 64, "1732723456789"]
)
def test_an_id_that_is_not_well_formed_is_replaced(site: Site, given: str) -> None:
    answer = site.client.get("/healthz", headers=[(b"x-request-id", given.encode())])
    assert len(answer.headers["x-request-id"]) == 24


def test_every_log_line_of_a_request_has_its_id(site: Site) -> None:
    path = f"/api/public/pay/{site.invoice()}"
    with capture_logs(processors=[structlog.contextvars.merge_contextvars]) as lines:
        site.client.post(f"{path}/create-payment", json={}, headers={"X-Request-ID": "mine"})
        site.client.post(f"{path}/confirm-payment", json={"paymentIntentId": "pi_x"})
    started = next(line for line in lines if line["event"] == "payment started")
    refused = next(line for line in lines if "confirmation refused" in line["event"])
    assert started["request_id"] == "mine"
    assert len(refused["request_id"]) == 24


def test_an_answer_to_a_failure_that_nobody_foresaw_has_the_id_and_the_fixed_headers(site: Site) -> None:
    object.__setattr__(site.app, "now", lambda: 1 // 0)
    answer = site.client.get(f"/api/public/pay/{'0' * 64}", headers={"X-Request-ID": "mine"})
    assert (answer.status_code, answer.headers["x-request-id"]) == (500, "mine")
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_the_server_s_own_line_about_a_failure_has_the_id() -> None:
    async def broken(*_asgi: object) -> None:
        raise ZeroDivisionError

    async def served() -> str:
        scope = {"type": "http", "headers": [(b"x-request-id", b"mine")]}
        with pytest.raises(ZeroDivisionError):
            await RequestIds(broken)(scope, lambda: None, lambda _message: None)  # type: ignore[arg-type]
        return request_ids.current()  # where a server logs the traceback

    assert asyncio.run(served()) == "mine"


@pytest.mark.parametrize("given", ["edge-1", "x" * 64, "x" * 65, "a; DROP TABLE", "<script>", "\u00e9"])
def test_what_is_stored_is_what_was_answered_whatever_came_in(site: Site, given: str) -> None:
    site.invoice()
    headers = {**bearer(site.app, "write", "read"), "X-Request-ID": given.encode()}
    answer = site.client.post("/api/v1/invoices/502/send", json={}, headers=headers)  # type: ignore[arg-type]
    assert answer.status_code == 202
    with site.app.reading() as session:
        stored = session.query(Message.request_id).scalar()
    assert stored == answer.headers["x-request-id"]
    shown = site.client.get(f"/api/v1/messages/{answer.json()['message_id']}", headers=headers)  # type: ignore[arg-type]
    assert shown.json()["request_id"] == stored


def test_an_id_that_no_column_holds_cannot_be_worked_for() -> None:
    with pytest.raises(ValueError, match="64"), request_ids.bound("x" * 65):
        pass


def test_a_traceback_that_somebody_outside_logs_has_the_id() -> None:
    def fails() -> None:
        with request_ids.bound("mine"):
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError) as raised:
        fails()
    assert "request_id=mine" in "".join(traceback.format_exception(raised.value))
