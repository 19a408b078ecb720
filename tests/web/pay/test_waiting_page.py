"""The pay page, the public API and the staff pages while a payment waits for the customer."""

import json
import urllib.request
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from paymail.models import AttemptStatus, Issuer, PaymentAttempt
from paymail.settings import Settings
from paymail.web.pay.waiting_view import trusted
from tests.web.conftest import Biller, Site


def waits(site: Site, kind: str = "payto", **invoice: object) -> tuple[str, str]:
    """The customer picks a method whose money comes by their own act; return token and intent."""
    token = site.invoice(**invoice)
    intent = site.customer_pays(site.start(token), kind)
    assert confirm(site, token, intent) == (409, "payment_waiting")
    return token, intent


def confirm(site: Site, token: str, intent: str) -> tuple[int, str]:
    answer = site.client.post(f"/api/public/pay/{token}/confirm-payment", json={"paymentIntentId": intent})
    return answer.status_code, answer.json().get("code", "")


def konbini(site: Site, **invoice: object) -> tuple[str, str]:
    return waits(site, "konbini", currency="JPY", **invoice)


def row(site: Site) -> PaymentAttempt:
    with site.app.reading() as session:
        return session.scalars(select(PaymentAttempt).order_by(PaymentAttempt.attempt_id.desc())).first()  # type: ignore[return-value]


def page(site: Site, token: str) -> str:
    answer = site.client.get(f"/pay/{token}")
    assert answer.status_code == 200
    return answer.text


def test_the_page_shows_code_end_amount_and_the_way_out(site: Site) -> None:
    token, intent = konbini(site)
    with site.app.transaction() as session:
        session.execute(update(Issuer).values(timezone="Asia/Tokyo"))
        attempt = session.scalars(select(PaymentAttempt)).one()
        attempt.expires_at = datetime(2999, 3, 21, 14, 59, tzinfo=UTC)
    text = page(site, token).replace("\u202f", " ")
    assert "Waiting for your payment" in text
    assert "before 21 March 2999, 11:59 pm (Japan Standard Time)" in text
    assert "JPY 8,250" in text
    assert f'href="{row(site).instructions_url.replace("&", "&amp;")}"' in text
    assert f'action="/pay/{token}/another-way"' in text
    assert f'name="intent" value="{intent}"' in text
    assert 'id="payment-form"' not in text
    assert "please reload this page" in text  # without scripts


def test_the_public_api_says_what_is_awaited_and_keeps_the_payment_status(site: Site) -> None:
    token, _ = konbini(site)
    found = site.client.get(f"/api/public/pay/{token}").json()
    assert (found["payment_status"], found["canPay"]) == ("unpaid", False)
    assert found["waiting"]["method"] == "konbini"
    assert datetime.fromisoformat(found["waiting"]["until"]) > site.app.now()


def test_a_second_window_is_told_why_it_cannot_start_another(site: Site) -> None:
    token, _ = waits(site)
    answer = site.client.post(f"/api/public/pay/{token}/create-payment")
    assert (answer.status_code, answer.json()["code"]) == (409, "payment_waiting")


def test_another_way_leads_back_to_a_form_that_can_be_paid(site: Site) -> None:
    token, intent = konbini(site)
    answer = site.client.post(f"/pay/{token}/another-way", data={"intent": intent})
    assert answer.status_code == 200
    assert 'id="payment-form"' in answer.text
    assert "You can choose another way to pay now" in answer.text
    created = site.start(token)
    assert not str(created["clientSecret"]).startswith(intent)
    assert confirm(site, token, site.customer_pays(created)) == (200, "")


def test_another_way_after_it_was_paid_records_it_and_says_so(site: Site) -> None:
    token, intent = waits(site)
    act(site, intent, "paid")
    answer = site.client.post(f"/pay/{token}/another-way", data={"intent": intent})
    assert "This invoice is paid" in answer.text
    assert row(site).status is AttemptStatus.SUCCEEDED


def act(site: Site, intent: str, result: str) -> None:
    """The customer does, or does not, what they have to."""
    url = f"{site.app.settings.sandbox_url}/_sandbox/next-action"
    body = json.dumps({"payment_intent": intent, "result": result}).encode()
    with urllib.request.urlopen(urllib.request.Request(url, body, {"Content-Type": "application/json"})):
        pass


def test_another_way_is_limited_and_known_links_only(site: Site) -> None:
    assert site.client.post(f"/pay/{'0' * 64}/another-way", data={"intent": "pi_1"}).status_code == 404
    token = site.invoice()
    answers = {site.client.post(f"/pay/{token}/another-way").status_code for _ in range(12)}
    assert 429 in answers


def test_the_page_of_an_end_that_has_passed_offers_no_code(site: Site) -> None:
    token, _ = konbini(site)
    with site.app.transaction() as session:
        session.execute(update(PaymentAttempt).values(expires_at=site.app.now() - timedelta(minutes=1)))
    text = page(site, token)
    assert "The time to pay this way has passed" in text
    assert "Show the payment code" not in text
    assert "Pay another way instead" in text


LIVE = {
    "public_url": "https://pay.example",
    "stripe_secret_key": "sk_live_x",
    "stripe_publishable_key": "pk_live_x",
    "stripe_webhook_secrets": "whsec_x",
}


@pytest.mark.parametrize(
    "url",
    [
        "http://payments.stripe.com/konbini",
        "https://payments.stripe.com.evil.example/konbini",
        "https://evilstripe.com/konbini",
        "https://payments.stripe.com@evil.example/",
        "https://user@payments.stripe.com/",
        "https://payments.stripe.com:444/",
        "javascript:alert(1)//payments.stripe.com",
        "//payments.stripe.com/konbini",
        "https://[payments.stripe.com/",
        "http://127.0.0.1:8601/vouchers/pi_1",
        "",
    ],
)
def test_only_stripes_own_pages_are_linked(url: str) -> None:
    settings = Settings(**LIVE)  # type: ignore[arg-type]
    assert not settings.sandboxed
    assert not trusted(url, settings)
    assert trusted("https://payments.stripe.com/konbini/voucher/test_1", settings)


def test_a_foreign_address_is_never_rendered(site: Site) -> None:
    token, _ = konbini(site)
    with site.app.transaction() as session:
        session.execute(update(PaymentAttempt).values(instructions_url="https://evil.example/voucher"))
    assert "evil.example" not in page(site, token)


def test_staff_see_it_on_the_invoice_in_the_list_and_in_the_reminders(biller: Biller) -> None:
    konbini(biller.site, due_in=1, reminders=True)
    biller.go(biller.clock + timedelta(days=1))
    shown = biller.get("/invoices/502")
    assert "Waiting for the customer's payment (Konbini" in shown
    assert "for the customer's payment (Konbini, until" in biller.get("/invoices")
    assert "waits for the customer&#39;s payment by Konbini until" in shown
    answer = biller.site.client.get("/staff/invoices/502")
    assert "instructions" not in answer.text
