"""Verifying a paper: by code and amount together, and nothing is learned by either alone."""

import re
from datetime import date

import pytest
from sqlalchemy import select

from paymail.models import Channel, Invoice, InvoiceStatus, Issuer
from paymail.services.core.documents import invoice_document
from paymail.services.core.invoices import load_invoice
from paymail.services.payments.manual_payments import ManualPayment, record_payment
from paymail.services.plans import agreement, instalments
from paymail.services.plans.instalments import Cadence
from tests.factories import NOW
from tests.web.conftest import Site
from tests.web.pay.test_several_taxes import words


@pytest.fixture
def code(site: Site) -> str:
    """The code of an invoice over AUD 1,234.50, as it is printed."""
    site.invoice(subtotal=112_227, tax=11_223)
    with site.app.transaction() as session:
        issuer = session.scalars(select(Issuer)).one()
        issuer.tax_id, issuer.bank_bsb, issuer.bank_number = "51824753556", "063-000", "1000 2000"
        issuer.bank_since = NOW.date()
    with site.app.reading() as session:
        return invoice_document(load_invoice(session, invoice_id=502), "https://pay.example").verify_code


def asked(site: Site, code: str, amount: str = "1234.50") -> str:
    answer = site.client.post("/verify", data={"code": code, "amount": amount})
    assert answer.status_code == 200
    return answer.text


def test_code_and_amount_tell_whose_it_is_its_state_and_the_accounts_end(site: Site, code: str) -> None:
    page = words(asked(site, code))
    assert "From Southern IT Services Pty Ltd ABN 51 824 753 556 Invoice #502 Status To be paid" in page
    assert "Bank account ends in 2000 unchanged since" in page
    for secret in ("1234.50", "Vacuum", "customer.example", "063", "1000 2000", "/pay/"):
        assert secret not in page


@pytest.mark.parametrize(
    "amount",
    [
        "1234.50",
        "AUD $1,234.50",
        "1.234,50",
        "1234,5 0",
        "1234.5",
        "1.234,5",
        "1,234.500",
        "A$1\u202f234,50",
        "\u0661\u0662\u0663\u0664\u066b\u0665\u0660",
    ],
)
def test_the_amount_may_be_written_as_it_stands_anywhere(site: Site, code: str, amount: str) -> None:
    assert "Yes." in asked(site, code.lower().replace("-", " "), amount)


def test_the_balance_that_a_reminder_names_is_an_amount_of_it_too(site: Site, code: str) -> None:
    site.change(amount_paid=23_450)
    assert "Part paid" in asked(site, code, "1000")
    site.change(amount_paid=123_450)
    assert "There is nothing left to pay" in asked(site, code)
    site.change(status=InvoiceStatus.VOID)
    assert "Cancelled: do not pay" in asked(site, code)
    site.change(status=InvoiceStatus.DRAFT)
    assert "Yes." not in asked(site, code)


def test_every_amount_that_its_papers_and_emails_showed_is_an_amount_of_it(site: Site, code: str) -> None:
    with site.app.transaction() as session:
        now = site.app.now()
        for amount in (23_450, 30_000):
            asked_for = ManualPayment(amount, Channel.CASH, date(2026, 3, 17))
            record_payment(session, invoice_id=502, asked=asked_for, actor="amy", now=now)
        parts = instalments.equal_parts(70_000, 2, date(2026, 12, 18), Cadence.MONTHLY)
        agreement.agree(session, invoice_id=502, parts=parts, actor="amy", now=now)
    for amount in ("1234.50", "234.50", "1000.00", "300", "700", "350"):
        assert "Yes." in asked(site, code, amount), amount
    assert "Yes." not in asked(site, code, "351")
    assert "Yes." not in asked(site, code, "0")


def test_an_invoice_over_nothing_is_verified_by_nothing(site: Site) -> None:
    site.invoice(subtotal=0, tax=0)
    with site.app.reading() as session:
        code = session.scalars(select(Invoice.verify_code)).one() or ""
    assert "Yes." in asked(site, code, "0.00")
    assert "Yes." not in asked(site, code, "")


def test_a_wrong_code_and_a_wrong_amount_look_the_same(site: Site, code: str) -> None:
    pages = {
        re.sub('value="[^"]*"', "", asked(site, *pair))
        for pair in ((code, "1234.51"), (code, ""), (code, "0"), ("ZZZZZ-ZZZZZ", "1234.50"), ("", "x"))
    }
    assert len(pages) == 1
    assert "We have no invoice with this code and this amount" in pages.pop()


def test_trying_amounts_for_a_code_and_codes_from_an_address_is_limited(site: Site, code: str) -> None:
    def tries(number: int) -> int:
        # However the code is typed, it is one code.
        data = {"code": code.replace("-", "-" * number), "amount": str(number)}
        return site.client.post("/verify", data=data).status_code

    assert [tries(number) for number in range(11)] == [200] * 10 + [429]
    assert site.client.get("/verify").status_code == 200


def test_the_address_on_the_paper_brings_the_code_along_and_is_no_link_to_pay(site: Site, code: str) -> None:
    with site.app.reading() as session:
        invoice = load_invoice(session, invoice_id=502)
        document = invoice_document(invoice, "https://pay.example")
        assert document.verify_url == f"https://pay.example/verify?code={code}"
        assert invoice.payment_token is not None
        assert code.replace("-", "") not in invoice.payment_token.upper()
    assert f'value="{code}"' in site.client.get(document.verify_url).text
    assert 'value="&#34;&gt;&lt;b&gt;"' in site.client.get('/verify?code=">' + "<b>").text


def test_every_invoice_has_a_code_of_its_own(site: Site) -> None:
    for number in (1, 2, 3):
        site.invoice(number)
    with site.app.reading() as session:
        codes = list(session.scalars(select(Invoice.verify_code)))
    assert len(set(codes)) == 3
    assert all(code and re.fullmatch("[0-9A-HJKMNP-TV-Z]{10}", code) for code in codes)
