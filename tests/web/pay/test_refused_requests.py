"""What Stripe refuses because paymail asked wrongly: plain words for the customer, the reason in the log."""

import json
from typing import Any

import pytest
import stripe
from structlog.testing import capture_logs

from paymail.gateway import StripeConfig, StripeGateway
from paymail.models import AttemptStatus, PaymentAttempt
from tests.web.conftest import Site


class Refusing(stripe.HTTPClient):
    """A Stripe that takes no request."""

    name = "refusing"

    def __init__(self, status: int, error: dict[str, Any]) -> None:
        super().__init__()
        self.answer = status, json.dumps({"error": error})

    def request(self, method: str, url: str, headers: Any, post_data: Any = None) -> Any:
        return self.answer[1], self.answer[0], {"request-id": "req_123"}

    def close(self) -> None:
        pass


def refuse(site: Site, status: int = 400, **error: Any) -> object:
    """Put a gateway before a Stripe that refuses; return the one that was there."""
    before = site.app.gateway
    http = Refusing(status, {"type": "invalid_request_error", "message": "No such: sk_test_hush"} | error)
    config = StripeConfig("sk_test_x", (), "http://127.0.0.1:9", 1.0)
    object.__setattr__(site.app, "gateway", StripeGateway(config, site.app.now, http))
    return before


@pytest.mark.parametrize(
    "error",
    [
        {"code": "parameter_invalid_integer", "param": "amount"},
        {"code": "amount_too_small", "param": "amount"},
        {"code": "parameter_unknown", "param": "automatic_payment_methods"},
        {"code": "testmode_charges_only"},
        {},
        {"type": "a_type_to_come"},
    ],
)
def test_a_refused_request_is_a_502_in_plain_words_and_an_error_in_the_log(
    site: Site, error: dict[str, str]
) -> None:
    token = site.invoice()
    before = refuse(site, **error)
    with capture_logs() as lines:
        answer = site.client.post(f"/api/public/pay/{token}/create-payment")
    assert (answer.status_code, answer.json()["code"]) == (502, "stripe_refused")
    assert answer.json()["detail"].startswith("The payment provider did not accept our request.")
    assert "amount" not in answer.text
    (told,) = [line for line in lines if line["log_level"] == "error"]
    assert (told["code"], "req_123" in told["reason"]) == ("stripe_refused", True)
    assert error.get("code", "") in told["reason"]
    assert "hush" not in str(lines)
    object.__setattr__(site.app, "gateway", before)
    assert site.start(token)["amount"] == 8250
    with site.app.reading() as session:
        assert [row.status for row in session.query(PaymentAttempt)] == [AttemptStatus.OPEN]


def test_an_answer_that_cannot_be_read_is_a_502_too(site: Site) -> None:
    token = site.invoice()
    before = site.app.gateway
    http = Refusing(200, {})
    config = StripeConfig("sk_test_x", (), "http://127.0.0.1:9", 1.0)
    object.__setattr__(site.app, "gateway", StripeGateway(config, site.app.now, http))
    answer = site.client.post(f"/api/public/pay/{token}/create-payment")
    assert (answer.status_code, answer.json()["code"]) == (502, "stripe_unreadable")
    object.__setattr__(site.app, "gateway", before)


def test_the_page_has_words_for_it(site: Site) -> None:
    page = site.client.get(f"/pay/{site.invoice()}").text
    assert "Something is wrong with online payment for this invoice." in page
