"""Paying by bank transfer: which details are shown, in what form they are copied, and when there are none."""

from dataclasses import replace
from datetime import date

import pytest

from paymail.documents import BankAccount, InvoiceDocument, Party, Seller
from paymail.money import Money
from paymail.web.pay.transfer import Transfer, transfer_of
from tests.web.conftest import Site

LOCAL = BankAccount("Southern IT", "Harbour Bank", "063-000", "1000 2000", "pay@southern.example")
ABROAD = replace(LOCAL, iban="DE89 3704 0044 0532 0130 00", bic="COBADEFFXXX")


def transfer(bank: BankAccount, minor: int = 8250, currency: str = "AUD") -> Transfer | None:
    amount = Money(minor, currency)
    document = InvoiceDocument(
        number="A-502/7", issuer=Seller("Southern IT", bank=bank), customer=Party("Shop"),
        issued=date(2026, 3, 17), due=date(2026, 4, 16), lines=(), subtotal=amount, tax_name="GST", taxes=(),
        tax=amount, total=amount, paid=amount, balance=amount, payment_url="",
    )  # fmt: skip
    return transfer_of(document, amount)


def copied(found: Transfer | None) -> list[str]:
    assert found is not None
    return [row.copied for row in found.rows if row.copied]


def test_at_home_it_is_bsb_and_number_and_the_reference_is_what_every_bank_takes() -> None:
    expected = ["Southern IT", "063-000", "10002000", "pay@southern.example", "82.50", "INVA-502-7--4FJCR"]
    assert copied(transfer(LOCAL)) == expected
    assert copied(transfer(ABROAD)) == expected


def test_other_currencies_go_by_iban_where_there_is_one() -> None:
    expected = ["Southern IT", "DE89370400440532013000", "COBADEFFXXX", "34.781", "INVA-502-7--4FJCR"]
    assert copied(transfer(ABROAD, 34_781, "KWD")) == expected


def test_only_euros_have_a_code_for_banking_apps() -> None:
    euros = transfer(ABROAD, currency="EUR")
    assert euros is not None
    assert euros.code.startswith("data:image/png;base64,")
    for bank, currency in ((ABROAD, "KWD"), (LOCAL, "AUD"), (LOCAL, "EUR")):
        other = transfer(bank, currency=currency)
        assert other is not None
        assert other.code == ""


@pytest.mark.parametrize(("bank", "minor"), [(BankAccount(), 8250), (LOCAL, 0)])
def test_without_an_account_or_a_balance_there_is_no_transfer(bank: BankAccount, minor: int) -> None:
    assert transfer(bank, minor) is None


def test_a_page_of_an_issuer_without_an_account_says_nothing_of_transfers(site: Site) -> None:
    assert "bank transfer" not in site.client.get(f"/pay/{site.invoice()}").text
