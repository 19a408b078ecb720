"""A request's id is in its answer and in its log lines."""

import pytest
import structlog
from structlog.testing import capture_logs

from tests.web.conftest import Site


def test_an_id_is_made_for_each_request(site: Site) -> None:
    first, second = (site.client.get("/healthz").headers["x-request-id"] for _ in range(2))
    assert first != second
    assert len(first) == 24


def test_an_id_that_the_proxy_gave_is_answered(site: Site) -> None:
    answer = site.client.get("/nothing", headers={"X-Request-ID": "edge-1.a_B"})
    assert (answer.status_code, answer.headers["x-request-id"]) == (404, "edge-1.a_B")


@pytest.mark.parametrize("given", ["", "x" * 65, "two words", "a\tb", "<script>", "é"])
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
