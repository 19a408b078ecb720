"""The seed's three endpoints, key by key, and everybody they must turn away."""

import io
import json
import urllib.request
from typing import Any

import pikepdf
import pytest
from structlog.testing import capture_logs

from paymail.gateway import StripeConfig, StripeGateway
from paymail.models import InvoiceStatus, Issuer, Message, Payment, PaymentAttempt, PaymentStatus
from tests.web.conftest import BOTH, Site

pytestmark = BOTH

SEED_INVOICE = {
    "invoice_id": 502,
    "currency": "AUD",
    "subtotal": 75.00,
    "tax_rate": 10.00,
    "tax_amount": 7.50,
    "total": 82.50,
    "payment_status": "unpaid",
    "status": "sent",
    "customer_name": "The Vacuum Shop",
    "canPay": True,
}
ROUTES = [
    ("GET", "", None),
    ("POST", "/create-payment", None),
    ("POST", "/confirm-payment", {"paymentIntentId": "pi_123"}),
    ("GET", "/invoice.pdf", None),
    ("GET", "/receipt.pdf", None),
]


def call(site: Site, token: str, route: tuple[str, str, Any]) -> Any:
    method, path, body = route
    return site.client.request(method, f"/api/public/pay/{token}{path}", json=body)


def test_the_invoice_has_the_seeds_fields_with_the_seeds_values(site: Site) -> None:
    answer = site.client.get(f"/api/public/pay/{site.invoice()}").json()
    assert {key: answer[key] for key in SEED_INVOICE} == SEED_INVOICE
    for key, value in SEED_INVOICE.items():
        assert type(answer[key]) is type(value), key
    assert answer["items"] == [
        {"line": 1, "description": "Remote support", "quantity": 1.0, "unit_price": 75.0, "amount": 75.0}
    ]


def test_created_payment_has_the_seeds_fields(site: Site) -> None:
    created = site.start(site.invoice())
    seeds = {"clientSecret", "publishableKey", "stripeAccount", "amount", "currency"}
    assert set(created) == {*seeds, "amountText"}  # fields may be added, none renamed
    assert str(created["clientSecret"]).startswith("pi_")
    assert "_secret_" in str(created["clientSecret"])
    assert str(created["publishableKey"]).startswith("pk_test_")
    assert str(created["stripeAccount"]).startswith("acct_")
    assert (created["amount"], created["currency"]) == (8250, "aud")


def test_confirmation_has_the_seeds_fields_and_values(site: Site) -> None:
    token = site.invoice()
    intent = site.customer_pays(site.start(token))
    answer = site.client.post(f"/api/public/pay/{token}/confirm-payment", json={"paymentIntentId": intent})
    assert answer.json() == {"success": True, "message": "Payment confirmed", "invoice_id": 502}
    paid = site.client.get(f"/api/public/pay/{token}").json()
    assert (paid["payment_status"], paid["canPay"], paid["balance"]) == ("paid", False, 0.0)
    assert (site.count(Payment), site.count(Message)) == (1, 1)


@pytest.mark.parametrize(
    ("currency", "subtotal", "tax", "total", "amount"),
    [("JPY", 15000, 1500, 16500.0, 16500), ("KWD", 12000, 1200, 13.2, 13200), ("AUD", 7500, 750, 82.5, 8250)],
)
def test_money_is_major_units_there_and_stripes_units_here(
    site: Site, currency: str, subtotal: int, tax: int, total: float, amount: int
) -> None:
    token = site.invoice(currency=currency, subtotal=subtotal, tax=tax)
    assert site.client.get(f"/api/public/pay/{token}").json()["total"] == total
    created = site.start(token)
    assert (created["amount"], created["currency"]) == (amount, currency.lower())


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route[0]} {route[1]}")
def test_unknown_and_malformed_tokens_get_the_same_answer(site: Site, route: tuple[str, str, Any]) -> None:
    token = site.invoice()
    wrong = [
        "0" * 64,
        token.upper() if token.upper() != token else "A" * 64,
        token[:-1],
        token + "0",
        "x",
        "%00",
        "é",
    ]
    answers = [call(site, bad, route) for bad in wrong]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1
    assert answers[0].headers["content-type"] == "application/problem+json"
    assert answers[0].json()["code"] == "no_such_link"


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route[0]} {route[1]}")
def test_a_drafts_link_is_as_unknown(site: Site, route: tuple[str, str, Any]) -> None:
    token = site.invoice(status=InvoiceStatus.DRAFT)
    assert call(site, token, route).content == call(site, "0" * 64, route).content


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route[0]} {route[1]}")
def test_an_expired_link_is_gone(site: Site, route: tuple[str, str, Any]) -> None:
    token = site.invoice()
    site.expire()
    answer = call(site, token, route)
    assert (answer.status_code, answer.json()["code"]) == (410, "link_expired")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"status": InvoiceStatus.VOID}, "not_payable"),
        ({"payment_status": PaymentStatus.PAID, "amount_paid": 8250}, "not_payable"),
        ({"payment_status": PaymentStatus.PROCESSING}, "payment_in_progress"),
    ],
)
def test_what_cannot_be_paid_starts_nothing(site: Site, change: dict[str, object], code: str) -> None:
    token = site.invoice()
    site.change(**change)
    answer = site.client.post(f"/api/public/pay/{token}/create-payment")
    assert (answer.status_code, answer.json()["code"]) == (409, code)
    assert site.client.get(f"/api/public/pay/{token}").json()["canPay"] is False
    assert site.count(PaymentAttempt) == 0


@pytest.mark.parametrize(("subtotal", "currency"), [(30, "AUD"), (12341, "KWD"), (100_000_000, "AUD")])
def test_an_amount_stripe_would_refuse_is_refused_before_it_is_asked(
    site: Site, subtotal: int, currency: str
) -> None:
    token = site.invoice(subtotal=subtotal, tax=0, currency=currency)
    answer = site.client.post(f"/api/public/pay/{token}/create-payment")
    assert (answer.status_code, answer.json()["code"]) == (422, "amount_not_chargeable")
    assert site.count(PaymentAttempt) == 0


@pytest.mark.parametrize(
    "intent", ["", "pi_", "pi_unknown1", "pi_1/../../x", "ch_1", "pi_1?x=1", "pi_" + "x" * 77]
)
def test_confirming_with_something_else_records_nothing(site: Site, intent: str) -> None:
    token = site.invoice()
    site.start(token)
    answer = site.client.post(f"/api/public/pay/{token}/confirm-payment", json={"paymentIntentId": intent})
    assert answer.status_code == (409 if intent == "pi_unknown1" else 422)
    assert site.count(Payment) == 0


def test_confirming_with_another_invoices_intent_records_nothing(site: Site) -> None:
    token, other = site.invoice(), site.invoice(503)
    intent = site.customer_pays(site.start(other))
    answer = site.client.post(f"/api/public/pay/{token}/confirm-payment", json={"paymentIntentId": intent})
    assert (answer.status_code, answer.json()["code"]) == (409, "wrong_payment_intent")
    assert site.count(Payment) == 0


def test_confirming_what_is_not_paid_records_nothing(site: Site) -> None:
    token = site.invoice()
    intent = str(site.start(token)["clientSecret"]).partition("_secret_")[0]
    answer = site.client.post(f"/api/public/pay/{token}/confirm-payment", json={"paymentIntentId": intent})
    assert (answer.status_code, answer.json()["code"]) == (409, "payment_not_completed")
    assert site.count(Payment) == 0


@pytest.mark.parametrize("body", [None, [], {}, {"paymentIntentId": 1}, {"paymentIntentId": None}])
def test_a_malformed_body_is_a_problem_that_does_not_quote_it(site: Site, body: object) -> None:
    answer = site.client.post(f"/api/public/pay/{site.invoice()}/confirm-payment", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input")


def test_a_double_click_is_one_intent(site: Site) -> None:
    token = site.invoice()
    assert site.start(token) == site.start(token)
    assert site.count(PaymentAttempt) == 1


def test_invoice_and_receipt_can_be_downloaded(site: Site) -> None:
    token = site.invoice()
    assert site.client.get(f"/api/public/pay/{token}/receipt.pdf").json()["code"] == "no_receipt"
    intent = site.customer_pays(site.start(token))
    site.client.post(f"/api/public/pay/{token}/confirm-payment", json={"paymentIntentId": intent})
    for name in ("invoice.pdf", "receipt.pdf"):
        answer = site.client.get(f"/api/public/pay/{token}/{name}")
        assert answer.headers["content-type"] == "application/pdf"
        with pikepdf.open(io.BytesIO(answer.content)) as pdf:
            assert len(pdf.pages) == 1


def test_reading_changes_nothing(site: Site) -> None:
    token = site.invoice()
    for path in (f"/pay/{token}", f"/api/public/pay/{token}", f"/api/public/pay/{token}/invoice.pdf"):
        assert site.client.get(path).status_code == 200
        assert site.client.head(path).status_code in (200, 405)
    assert (site.count(PaymentAttempt), site.count(Message)) == (0, 0)


def test_after_a_500_of_stripe_the_next_click_works(site: Site) -> None:
    token = site.invoice()
    rule = json.dumps({"kind": "500", "path": "/payment_intents", "times": 1}).encode()
    address = f"{site.app.settings.sandbox_url}/_sandbox/faults"
    headers = {"Content-Type": "application/json"}
    with urllib.request.urlopen(urllib.request.Request(address, rule, headers)):
        pass
    assert site.client.post(f"/api/public/pay/{token}/create-payment").status_code == 503
    site.start(token)
    assert site.count(PaymentAttempt) == 1


def test_an_unreachable_stripe_is_a_503_and_nothing_is_lost(site: Site) -> None:
    token = site.invoice()
    object.__setattr__(site.app, "gateway", dead_gateway(site))
    answer = site.client.post(f"/api/public/pay/{token}/create-payment")
    assert (answer.status_code, answer.json()["code"]) == (503, "stripe_unavailable")


def test_who_pays_an_issuer_whose_account_stripe_does_not_know_is_told_so_and_staff_find_it_in_the_log(
    site: Site,
) -> None:
    token = site.invoice()
    with site.app.transaction() as session:
        session.get_one(Issuer, 1).stripe_account = "acct_of_nobody"
    with capture_logs() as lines:
        answer = site.client.post(f"/api/public/pay/{token}/create-payment")
    assert (answer.status_code, answer.json()["code"]) == (503, "payment_unavailable")
    assert answer.json()["detail"] == "Online payment is not available at the moment."
    assert [(line["log_level"], line["code"]) for line in lines] == [("error", "stripe_keys")]
    with site.app.transaction() as session:
        session.get_one(Issuer, 1).stripe_account = "acct_sandbox"
    site.start(token)


def dead_gateway(site: Site) -> object:
    config = StripeConfig("sk_test_sandbox", (), "http://127.0.0.1:9", 1.0)
    return StripeGateway(config, site.app.now)


def test_a_balance_that_was_paid_meanwhile_starts_nothing(site: Site) -> None:
    token = site.invoice()
    path = f"/api/public/pay/{token}/create-payment"
    assert site.client.post(path, json={"balance": "82.5"}).status_code == 200
    answer = site.client.post(path, json={"balance": "110.00"})
    assert (answer.status_code, answer.json()["code"]) == (409, "not_payable")
    assert site.client.post(path, json={"balance": "much"}).status_code == 422


def test_who_opens_the_page_uses_up_no_tries_of_who_pays(site: Site) -> None:
    token = site.invoice()
    created = site.start(token)
    intent_id = str(created["clientSecret"]).partition("_secret")[0]
    assert f'data-pending="{intent_id}"' in site.client.get(f"/pay/{token}").text
    path, body = f"/api/public/pay/{token}/confirm-payment", {"paymentIntentId": intent_id}
    looks = [site.client.post(f"{path}?look=1", json=body).status_code for _ in range(12)]
    assert (looks[0], looks[-1]) == (409, 429)
    start = f"/api/public/pay/{token}/create-payment?look=1"
    assert [site.client.post(start, json={}).status_code for _ in range(10)][-1] == 429
    site.customer_pays(created)
    assert site.client.post(path, json=body).status_code == 200


def test_the_secret_leaves_the_address_though_the_webhook_was_faster(site: Site) -> None:
    token = site.invoice()
    created = site.start(token)
    site.customer_pays(created)
    intent_id = str(created["clientSecret"]).partition("_secret")[0]
    site.client.post(f"/api/public/pay/{token}/confirm-payment", json={"paymentIntentId": intent_id})
    back = {"payment_intent": intent_id, "payment_intent_client_secret": str(created["clientSecret"])}
    answer = site.client.get(f"/pay/{token}", params=back, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/pay/{token}")
    site.expire()
    answer = site.client.get(f"/pay/{token}", params=back, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/pay/{token}")


def test_the_button_says_what_is_charged_in_a_currency_with_rare_decimals(site: Site) -> None:
    page = site.client.get(f"/pay/{site.invoice(currency='RSD')}").text
    assert 'data-units="8250"' in page
    assert "Pay RSD 82.50</button>" in page


def test_a_choice_is_offered_only_where_an_amount_can_be_paid(site: Site) -> None:
    odd = site.invoice(currency="KWD", subtotal=82505, tax=0)
    even = site.invoice(503, currency="KWD", subtotal=82500, tax=0)
    for number in (502, 503):
        site.change(number, part_minimum=1000)
    pages = [site.client.get(f"/pay/{token}").text for token in (odd, even)]
    assert ['id="other"' in page for page in pages] == [False, True]
    assert ['data-units="82500"' in page for page in pages] == [False, True]
