"""The page after a payment: what arrived, when, by which means, where its receipt went, what follows."""

from datetime import UTC, date, datetime, timedelta

import pytest

from paymail.models import Channel, Issuer
from paymail.services.payments import manual_payments
from paymail.services.payments.made import masked
from paymail.services.plans import agreement, instalments
from paymail.services.plans.instalments import Cadence
from tests.web.conftest import Site
from tests.web.pay.test_several_taxes import words


def pays(site: Site, token: str) -> None:
    intent = site.customer_pays(site.start(token))
    answer = site.client.post(f"/api/public/pay/{token}/confirm-payment", json={"paymentIntentId": intent})
    assert answer.status_code == 200


def shown(site: Site, token: str, said: str = "?said=done") -> str:
    answer = site.client.get(f"/pay/{token}{said}")
    assert answer.status_code == 200
    return words(answer.text).replace("\u202f", " ")


def test_it_says_amount_receipt_method_time_with_zone_and_where_the_receipt_went(site: Site) -> None:
    object.__setattr__(site.app, "now", lambda: datetime(2026, 3, 28, 23, 42, tzinfo=UTC))
    token = site.invoice()
    pays(site, token)
    page = shown(site, token)
    assert "Thank you, your payment has arrived AUD $82.50 Receipt R-000001 Paid by Visa ending 4242" in page
    assert "On 29 March 2026, 10:42 am (Australian Eastern Daylight Time)" in page
    assert "is on its way to c5…@customer.example" in page
    assert "c502@" not in page
    site.sweep()
    assert "The receipt went to c5…@customer.example" in shown(site, token)
    assert "This invoice is paid AUD $82.50" in shown(site, token, "")


def test_in_a_plan_it_names_the_instalment_and_the_next_and_offers_no_form(site: Site) -> None:
    token = site.invoice()
    with site.app.transaction() as session:
        parts = instalments.equal_parts(8250, 3, date(2026, 12, 18), Cadence.MONTHLY)
        agreement.agree(session, invoice_id=502, parts=parts, actor="amy", now=site.app.now())
    pays(site, token)
    page = shown(site, token)
    assert "For Instalment 1 of 3" in page
    assert "The next instalment, AUD $27.50, is due on 18 January 2027. Nothing to do until then." in page
    assert "payment-form" not in site.client.get(f"/pay/{token}?said=done").text
    assert "payment-form" in site.client.get(f"/pay/{token}").text


def test_of_an_instalment_that_is_overdue_it_does_not_say_that_there_is_nothing_to_do(site: Site) -> None:
    token = site.invoice()
    with site.app.transaction() as session:
        parts = instalments.equal_parts(8250, 3, date(2026, 12, 18), Cadence.MONTHLY)
        agreement.agree(session, invoice_id=502, parts=parts, actor="amy", now=site.app.now())
    object.__setattr__(site.app, "now", lambda: datetime(2027, 1, 19, tzinfo=UTC))
    with site.app.transaction() as session:  # online both that are due would have been asked for
        asked = manual_payments.ManualPayment(2750, Channel.CASH, date(2027, 1, 19))
        manual_payments.record_payment(session, invoice_id=502, asked=asked, actor="amy", now=site.app.now())
    page = shown(site, token)
    assert "AUD $27.50 of your payment plan was due on 18 January 2027 and is still open." in page
    assert "Nothing to do" not in page


@pytest.mark.parametrize("said", ["done", "copied"])
def test_an_address_that_was_kept_shows_the_form_for_the_rest_and_not_the_old_payment(
    site: Site, said: str
) -> None:
    token = site.invoice()
    with site.app.transaction() as session:
        asked = manual_payments.ManualPayment(1000, Channel.CASH, date(2026, 3, 17))
        manual_payments.record_payment(session, invoice_id=502, asked=asked, actor="amy", now=site.app.now())
    assert "payment-form" not in site.client.get(f"/pay/{token}?said={said}").text
    later = site.app.now() + timedelta(minutes=16)
    object.__setattr__(site.app, "now", lambda: later)
    page = site.client.get(f"/pay/{token}?said={said}").text
    assert "payment-form" in page
    assert "R-000001" not in page.partition("payment-form")[0]
    assert ("The copy is on its way." in page) == (said == "copied")


def test_who_only_writes_the_address_is_thanked_for_nothing(site: Site) -> None:
    token = site.invoice()
    assert "has arrived" not in shown(site, token).partition("Loading")[0]
    assert "payment-form" in site.client.get(f"/pay/{token}?said=done").text


def test_a_payment_that_staff_wrote_down_has_a_day_and_no_time(site: Site) -> None:
    token = site.invoice()
    with site.app.transaction() as session:
        asked = manual_payments.ManualPayment(8250, Channel.BANK_TRANSFER, date(2026, 3, 20))
        manual_payments.record_payment(session, invoice_id=502, asked=asked, actor="amy", now=site.app.now())
        assert session.get_one(Issuer, 1).timezone == "Australia/Sydney"
    assert "On 20 March 2026 Thank you" in shown(site, token, "")


@pytest.mark.parametrize(
    ("address", "expected"),
    [("accounts@shop.example", "ac…@shop.example"), ("joe@shop.example", "j…@shop.example"), ("a@b", "a…@b")],
)
def test_an_address_is_masked(address: str, expected: str) -> None:
    assert masked(address) == expected
