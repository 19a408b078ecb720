"""What cannot be charged online: the page has no form, but the reason and how to pay instead."""

import pytest

from paymail.models import Issuer
from paymail.money import STRIPE_MAXIMUM
from tests.web.conftest import Site
from tests.web.pay.test_several_taxes import words


@pytest.mark.parametrize(
    ("currency", "total", "reason"),
    [
        ("KWD", 34_781, "KWD 34.781 cannot be paid online: card payments in KWD need a last digit of 0."),
        ("MGA", 1_050, "MGA 10.50 cannot be paid online: card payments in MGA are in whole units only."),
        ("AUD", 40, "it is less than the smallest amount that a card can be charged"),
        ("AUD", STRIPE_MAXIMUM + 1, "it is more than the largest amount that a card can be charged"),
        ("IQD", 50_000, "cards cannot be charged in IQD"),
    ],
)
def test_it_has_no_form_but_the_reason(site: Site, currency: str, total: int, reason: str) -> None:
    token = site.invoice(currency=currency, subtotal=total, tax=0)
    answer = site.client.get(f"/pay/{token}")
    assert answer.status_code == 200
    assert reason in words(answer.text)
    assert "Please contact billing@southern-it.example to pay another way." in words(answer.text)
    assert 'id="payment-form"' not in answer.text
    assert "I have already paid" in answer.text


def test_without_an_account_at_stripe_it_is_said_too(site: Site) -> None:
    token = site.invoice()
    with site.app.transaction() as session:
        session.get_one(Issuer, 1).stripe_account = ""
    page = words(site.client.get(f"/pay/{token}").text)
    assert "Online payment is not available Please contact billing@southern-it.example." in page
