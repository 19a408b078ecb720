"""The page of a refunded invoice adds up as its papers do, and says of the money's way only what is so."""

import pytest

from paymail.models import Channel, Customer, Invoice
from paymail.money import Money
from paymail.services.core.documents import receipt_document
from paymail.services.core.invoices import load_invoice
from paymail.services.payments.manual_payments import ManualPayment, record_payment
from paymail.services.refunds.refund_requests import RefundOrder, request
from tests.web.conftest import Site
from tests.web.pay.test_several_taxes import words


@pytest.fixture
def token(site: Site) -> str:
    """Of an invoice over AUD 82.50 that was paid by transfer, of which 20.00 went back the same way."""
    found = site.invoice()
    with site.app.transaction() as session:
        now = site.app.now()
        paid = ManualPayment(8250, Channel.BANK_TRANSFER, now.date())
        payment = record_payment(session, invoice_id=502, asked=paid, actor="amy", now=now)
        order = RefundOrder(2000, Channel.BANK_TRANSFER, "One hour less")
        request(session, payment_id=payment.payment_id, order=order, actor="amy", now=now)
    return found


def test_the_refund_stands_beside_the_whole_payment(site: Site, token: str) -> None:
    page = words(site.client.get(f"/pay/{token}").text)
    assert "Already paid \u2212AUD $82.50 Refunds AUD $20.00 Balance due AUD $0.00" in page


def test_what_was_paid_too_much_is_said_so_that_the_sums_add_up(site: Site) -> None:
    token = site.invoice()
    with site.app.transaction() as session:
        now = site.app.now()
        paid = ManualPayment(9000, Channel.BANK_TRANSFER, now.date())
        payment = record_payment(session, invoice_id=502, asked=paid, actor="amy", now=now)
        receipt = receipt_document(session, invoice=load_invoice(session, invoice_id=502), payment=payment)
    page = words(site.client.get(f"/pay/{token}").text)
    assert "Already paid \u2212AUD $90.00 Paid too much AUD $7.50 Balance due AUD $0.00" in page
    assert receipt.overpaid == Money(750, "AUD")


def test_only_what_goes_back_to_a_card_takes_days_until_it_appears(site: Site, token: str) -> None:
    assert "10 business days" not in site.client.get(f"/pay/{token}").text


def test_a_minus_stands_before_its_amount_from_right_to_left_too(site: Site, token: str) -> None:
    with site.app.transaction() as session:
        session.get_one(Customer, session.get_one(Invoice, 502).customer_id).locale = "ar"
    assert "\u2068\u2212AUD 82.50\u2069" in site.client.get(f"/pay/{token}").text
