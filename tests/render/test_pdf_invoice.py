"""An invoice on paper says where it stands, adds up from page to page, and offers only ways that work."""

import io
import subprocess
from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import pairwise

import pikepdf
import pytest
import segno

from paymail.documents import BankAccount, Credit, Instalment, InvoiceDocument, Line
from paymail.money import Money, Obstacle
from tests.factories import GST
from tests.render.test_pdf import INVOICE, RENDERER, text_of

BANK = BankAccount(
    "Southern IT Services Pty Ltd", bsb="062-000", number="1234 5678", iban="GB33 BUKB 2020 1555 5555 55",
    bic="BUKBGB22", unchanged_since=date(2023, 7, 3),
)  # fmt: skip
BANKED = replace(INVOICE, issuer=replace(INVOICE.issuer, bank=BANK))


def aud(minor: int) -> Money:
    return Money(minor, "AUD")


def pages_of(document: InvoiceDocument) -> list[str]:
    pdf = RENDERER.render(document)
    found = subprocess.run(["pdftotext", "-layout", "-", "-"], input=pdf, capture_output=True, check=True)
    return found.stdout.decode().split("\f")[:-1]


def links(pdf: bytes) -> int:
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        return sum(len(page.get("/Annots", [])) for page in opened.pages)  # type: ignore[arg-type]


def test_a_void_invoice_is_no_tax_invoice_and_offers_no_way_to_pay() -> None:
    pdf = RENDERER.render(replace(BANKED, void=True, voided_on=date(2026, 3, 20), paid=aud(100)))
    text = text_of(pdf)
    assert "Cancelled invoice #502" in text
    assert "This invoice was cancelled on 20 March 2026." in text
    raw = subprocess.run(["pdftotext", "-raw", "-", "-"], input=pdf, capture_output=True, check=True)
    assert "VOID" in raw.stdout.decode().replace("\n", "")
    assert [
        words for words in ("Tax Invoice", "Pay Invoice", "Bank transfer", "due 11") if words in text
    ] == []
    assert links(pdf) == 0
    assert "Tax Invoice" not in text_of(RENDERER.render(replace(BANKED, void=True, locale="de")))


def test_a_paid_invoice_says_when_and_how_and_offers_no_way_to_pay() -> None:
    paid = replace(
        BANKED, paid=aud(8250), balance=aud(0), paid_on=date(2026, 3, 29), paid_by="Visa ending 4242"
    )
    pdf = RENDERER.render(paid)
    assert "Paid in full on 29 March 2026 (Visa ending 4242). Thank you." in text_of(pdf)
    assert "Bank transfer" not in text_of(pdf)
    assert links(pdf) == 0


def test_what_was_closed_by_a_credit_or_a_write_off_is_not_said_to_be_paid_in_full() -> None:
    text = text_of(RENDERER.render(replace(INVOICE, paid=aud(5000), written_off=aud(3250), balance=aud(0))))
    assert "Closed: nothing left to pay" in text
    assert "AUD $50.00 has been paid. AUD $32.50 is no longer asked for." in text
    assert "Paid in full" not in text


def test_an_invoice_with_a_plan_asks_for_its_instalments_and_not_for_all_on_the_old_date() -> None:
    parts = (Instalment(date(2026, 5, 1), aud(4000)), Instalment(date(2026, 6, 1), aud(4250)))
    text = text_of(RENDERER.render(replace(INVOICE, instalments=parts)))
    assert "Still to pay: AUD $82.50" in text
    assert "Payable in instalments AUD $40.00 1 May 2026 AUD $42.50 1 June 2026" in text
    assert "11 April 2026" not in text


def test_what_is_credited_paid_in_part_and_written_off_is_said_and_adds_up() -> None:
    note = Credit("CN-000001", date(2026, 3, 27), aud(2000), "one hour less than billed")
    text = text_of(
        RENDERER.render(
            replace(
                INVOICE, credits=(note,), credited=aud(2000), written_off=aud(100), paid=aud(1000),
                balance=aud(5150),
            )
        )
    )  # fmt: skip
    for fact in (
        "AUD $51.50 due 11 April 2026",
        "Credit note CN-000001 of 27 March 2026 took off AUD $20.00. Reason: one hour less than billed.",
        "Credited (CN-000001) \N{MINUS SIGN}20.00", "Written off \N{MINUS SIGN}1.00",
        "Already paid \N{MINUS SIGN}10.00", "Balance due AUD $51.50",
    ):  # fmt: skip
        assert fact in text


def test_money_that_went_back_stands_beside_the_payment_as_its_receipt_has_it() -> None:
    note = Credit("CN-000001", date(2026, 3, 27), aud(2000))
    closed = replace(INVOICE, credits=(note,), credited=aud(2000), paid=aud(6250), balance=aud(0))
    text = text_of(RENDERER.render(replace(closed, refunded=aud(2000))))
    for fact in (
        "AUD $82.50 has been paid. AUD $20.00 of it has been refunded.",
        "Credited (CN-000001) \u221220.00 Already paid \u221282.50 Refunds 20.00 Balance due AUD $0.00",
    ):
        assert fact in text
    assert "Part paid" not in text


def test_an_invoice_that_may_not_be_called_a_tax_invoice_is_an_invoice() -> None:
    assert "Tax Invoice" not in text_of(RENDERER.render(replace(INVOICE, tax_invoice=False)))


def test_an_invoice_whose_tax_comes_to_nothing_is_an_invoice() -> None:
    free = replace(INVOICE, taxes=(replace(INVOICE.taxes[0], tax=aud(0)),), tax=aud(0))
    assert "Tax Invoice" not in text_of(RENDERER.render(free))


def test_what_cannot_be_charged_online_is_asked_for_by_transfer_alone() -> None:
    pdf = RENDERER.render(replace(BANKED, not_online=Obstacle.BELOW_MINIMUM))
    assert "Pay Invoice Online" not in text_of(pdf)
    assert "BSB 062-000 Account 1234 5678 Reference INV502" in text_of(pdf)
    assert "have not changed since 3 July 2023" in text_of(pdf)
    assert links(pdf) == 0


def test_abroad_the_account_is_named_as_banks_abroad_know_it() -> None:
    euros = replace(
        BANKED, total=Money(8250, "EUR"), balance=Money(8250, "EUR"), tax_local=aud(1222), locale="de"
    )
    text = text_of(RENDERER.render(euros))
    assert "GB33 BUKB 2020 1555 5555 55" in text
    assert "062-000" not in text
    assert "AUD 12,22" in text


def test_each_page_carries_over_what_the_one_before_came_to() -> None:
    lines = tuple(Line(n, f"Line {n}", Decimal(1), Decimal(1), aud(100), GST) for n in range(1, 91))
    pages = pages_of(replace(INVOICE, lines=lines))
    assert len(pages) >= 3
    assert "Carried over" not in pages[0]
    assert "Carried forward" not in pages[-1]
    for number, (page, following) in enumerate(pairwise(pages), start=1):
        last = max(
            int(word)
            for word in page.split()
            if word.isdigit() and int(word) <= 90 and f"Line {word}" in page
        )
        assert f"Carried forward {last}.00" in page
        assert f"Carried over {last}.00" in following
        assert "Tax Invoice #502 · Southern IT Services Pty Ltd" in following
        assert f"Page {number} of {len(pages)}" in page


def test_a_page_without_lines_carries_nothing_over() -> None:
    lines = tuple(Line(n, f"Line {n}", Decimal(1), Decimal(1), aud(100), GST) for n in range(1, 15))
    *_, last = pages_of(replace(BANKED, lines=lines))
    assert "Scan or click to pay" in last
    assert "Line 14" not in last
    assert "Carried over" not in last


@pytest.mark.parametrize(
    ("quantity", "shown"),
    [("0.8333333333333333", "0.8333"), ("-1", "\N{MINUS SIGN}1"), ("0.00002", "0.00002"), ("1500", "1,500")],
)
def test_a_quantity_is_written_to_be_read(quantity: str, shown: str) -> None:
    line = Line(1, "Support", Decimal(quantity), Decimal(75), aud(6250), GST)
    assert f"Support {shown} 75.00 62.50" in text_of(RENDERER.render(replace(INVOICE, lines=(line,))))


def test_order_number_terms_and_notes_are_shown_where_there_are_any() -> None:
    text = text_of(
        RENDERER.render(replace(INVOICE, purchase_order="PO-88213", terms="Net 30 days", notes="Thank you."))
    )
    assert "Terms Net 30 days" in text
    assert "Your order PO-88213" in text
    assert "Notes" in text
    assert "Your order" not in text_of(RENDERER.render(INVOICE))


def test_a_colour_that_is_none_goes_into_no_style() -> None:
    issuer = replace(INVOICE.issuer, colour='red;background:url("file:///etc/passwd")')
    assert RENDERER.render(replace(INVOICE, issuer=issuer))


def test_the_code_on_paper_is_grey_and_leads_to_the_pay_page() -> None:
    with pikepdf.open(io.BytesIO(RENDERER.render(INVOICE))) as opened:
        ((_, image),) = opened.pages[0].get_images().items()
        assert image.ColorSpace == "/DeviceGray"
        grey, side = image.read_bytes(), int(image.Width)
    matrix = segno.make(INVOICE.payment_url, error="m", boost_error=False, micro=False, mask=2).matrix
    assert side == 4 * len(matrix)
    assert [[grey[4 * y * side + 4 * x] == 0 for x in range(len(matrix))] for y in range(len(matrix))] == [
        [bool(dark) for dark in row] for row in matrix
    ]


def test_a_paper_says_where_it_is_checked_and_by_which_code() -> None:
    checked = replace(
        INVOICE,
        payment_url="",
        verify_code="7K2MX-9QD4T",
        verify_url="https://pay.example/verify?code=7K2MX-9QD4T",
    )
    pdf = RENDERER.render(checked)
    assert "Check it with the code 7K2MX-9QD4T at https://pay.example/verify" in text_of(pdf)
    assert links(pdf) == 1
