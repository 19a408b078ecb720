"""The PDF is what the invoice says, the same bytes every time, and reads nothing from this machine."""

import io
import subprocess
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import jinja2
import pikepdf
import pytest

from paymail.documents import (
    CreditNoteDocument,
    Document,
    InvoiceDocument,
    Line,
    Party,
    ReceiptDocument,
    Seller,
)
from paymail.money import Money
from paymail.render.errors import RenderFailed
from paymail.render.pdf import WeasyPdfRenderer
from paymail.render.pdf_filters import equip_pdfs
from paymail.tax import TaxTotal
from paymail.wiring import TEMPLATES
from tests.factories import GST
from tests.render.hostile_fields import spoiled

RENDERER = WeasyPdfRenderer(TEMPLATES)
INVOICE = InvoiceDocument(
    number="502",
    issuer=Seller(
        "Southern IT Services Pty Ltd", "billing@southern-it.example", "12 Harbour Street", "ABN 51 824"
    ),
    customer=Party("The Vacuum Shop", "accounts@customer.example"),
    issued=date(2026, 3, 12),
    due=date(2026, 4, 11),
    lines=(Line(1, "Remote support, per hour", Decimal(1), Decimal("75.00"), Money(7500, "AUD"), GST),),
    subtotal=Money(7500, "AUD"),
    tax_name="GST",
    taxes=(TaxTotal(GST.category, GST.rate, Money(7500, "AUD"), Money(750, "AUD")),),
    tax=Money(750, "AUD"),
    total=Money(8250, "AUD"),
    paid=Money(0, "AUD"),
    balance=Money(8250, "AUD"),
    payment_url="https://billing.example/pay/" + "0" * 64,
)
RECEIPT = ReceiptDocument(
    number="R-000001",
    invoice_number="502",
    issuer=INVOICE.issuer,
    customer=INVOICE.customer,
    paid_on=date(2026, 3, 17),
    method="Visa ending 4242",
    amount=Money(8250, "AUD"),
    invoice_total=Money(8250, "AUD"),
    balance=Money(0, "AUD"),
)
CREDIT_NOTE = CreditNoteDocument(
    number="CN-000001",
    adjustment=True,
    invoice_number="502",
    invoice_issued=INVOICE.issued,
    issuer=INVOICE.issuer,
    customer=INVOICE.customer,
    issued=date(2026, 3, 20),
    reason="One hour less than billed",
    net=Money(1818, "AUD"),
    tax_name="GST",
    tax_rate=Decimal("10.00"),
    tax=Money(182, "AUD"),
    total=Money(2000, "AUD"),
    invoice_total=Money(8250, "AUD"),
    before=Money(8250, "AUD"),
    tax_before=Money(750, "AUD"),
)


def text_of(pdf: bytes) -> str:
    found = subprocess.run(["pdftotext", "-layout", "-", "-"], input=pdf, capture_output=True, check=True)
    return " ".join(found.stdout.decode().split())


def described(description: str) -> InvoiceDocument:
    line = Line(1, description, Decimal(1), Decimal(75), Money(7500, "AUD"), GST)
    return replace(INVOICE, lines=(line,))


def test_a_tax_invoice_shows_all_that_it_must() -> None:
    text = text_of(RENDERER.render(INVOICE))
    for fact in (
        "Tax invoice", "#502", "Southern IT Services Pty Ltd", "ABN 51 824", "The Vacuum Shop",
        "12 March 2026",
        "11 April 2026", "Remote support, per hour", "Amount (AUD)", "75.00", "GST (10%)",
        "7.50", "AUD $82.50",
        "AUD $82.50 due 11 April 2026",
    ):  # fmt: skip
        assert fact.lower() in text.lower()


def test_a_credit_note_shows_the_invoice_before_it_what_changed_and_after_it() -> None:
    text = text_of(RENDERER.render(CREDIT_NOTE)).replace("\N{MINUS SIGN}", "-")
    for row in (
        "Invoice #502 Was Difference Is now (AUD)",
        "Subtotal (ex GST) 75.00 -18.18 56.82",
        "GST (10%) 7.50 -1.82 5.68",
        "Invoice total 82.50 -20.00 62.50",
    ):
        assert row in text
    older = text_of(RENDERER.render(replace(CREDIT_NOTE, before=None, tax_before=None)))
    assert "Is now" not in older
    assert "Invoice total 82.50" in older


def test_the_sign_of_an_amount_stands_before_it_in_arabic_too() -> None:
    environment = jinja2.Environment(autoescape=True)
    equip_pdfs(environment)
    shown = environment.from_string("{{ amount|plain('ar') }}").render(amount=Money(-100, "AUD"))
    assert shown == "\u2068\N{MINUS SIGN}1.00\u2069"


def test_the_pdf_links_to_the_same_pay_page() -> None:
    with pikepdf.open(io.BytesIO(RENDERER.render(INVOICE))) as pdf:
        links = {
            str(note.A.URI)
            for page in pdf.pages
            for note in page.get("/Annots", [])
            if "/A" in note  # type: ignore[attr-defined]
        }
    assert links == {INVOICE.payment_url}


def test_a_receipt_shows_its_payment() -> None:
    text = text_of(RENDERER.render(RECEIPT))
    for fact in ("R-000001", "502", "17 March 2026", "Visa ending 4242", "AUD $82.50", "AUD $0.00"):
        assert fact in text


def test_the_same_document_gives_the_same_bytes_in_any_process() -> None:
    first = RENDERER.render(INVOICE)
    assert RENDERER.render(INVOICE) == first
    assert WeasyPdfRenderer(TEMPLATES).render(INVOICE) == first
    assert RENDERER.render(replace(INVOICE, number="503")) != first


def test_every_script_has_its_glyphs_embedded() -> None:
    text = text_of(RENDERER.render(replace(INVOICE, customer=Party("Łódź 株式会社 Привет"))))
    assert "Łódź 株式会社 Привет" in text
    with pikepdf.open(io.BytesIO(RENDERER.render(described("شركة 株式会社")))) as pdf:
        fonts = [font for page in pdf.pages for font in page.Resources.Font.values()]
    assert len(fonts) >= 3


def test_a_hundred_lines_go_over_several_pages() -> None:
    lines = tuple(
        Line(n, f"Line {n} {'word ' * 30}", Decimal("1.5"), Decimal("3.3350"), Money(500, "AUD"), GST)
        for n in range(1, 101)
    )
    pdf = RENDERER.render(replace(INVOICE, lines=lines))
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        assert len(opened.pages) > 3
    assert "Line 100" in text_of(pdf)


@pytest.mark.parametrize("description", ["Disk replaced, backup restored. " * 156, "Mon\n" * 1000])
def test_a_long_description_begins_on_the_first_page_under_headings_that_each_page_has(
    description: str,
) -> None:
    pdf = RENDERER.render(described(description.strip()))
    found = subprocess.run(["pdftotext", "-layout", "-", "-"], input=pdf, capture_output=True, check=True)
    pages = found.stdout.decode().split("\f")[:-1]
    assert len(pages) > 2
    assert description.split()[0] in pages[0]
    words = "Description", "Qty", "Unit price", "Amount"
    with_lines = [page for page in pages if description.split()[0] in page]
    assert len(with_lines) > 1
    assert [page for page in with_lines if not all(word in page for word in words)] == []
    assert "Total" in pages[-1]


@pytest.mark.parametrize("document", [INVOICE, RECEIPT, CREDIT_NOTE], ids=lambda one: type(one).__name__)
def test_a_hostile_text_in_any_field_of_any_document_is_only_text(document: Document) -> None:
    pdf = RENDERER.render(spoiled(document))
    assert text_of(pdf).replace(" ", "").count("<script>alert(1)</script>") >= 3
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        assert not {"/OpenAction", "/AA"} & set(opened.Root.keys())
        links = [note.A for page in opened.pages for note in page.get("/Annots", []) if "/A" in note]  # type: ignore[attr-defined]
    assert all(str(link.URI).startswith(("https://billing.example/", "mailto:")) for link in links)


@pytest.mark.parametrize(
    "name", ['<img src="file:///etc/passwd">', "<style>@import url(/etc/passwd)</style>"]
)
def test_markup_in_a_description_is_only_text(name: str) -> None:
    assert "etc/passwd" in text_of(RENDERER.render(described(name))).replace(" ", "")


def test_a_description_of_several_lines_stays_so() -> None:
    text = text_of(RENDERER.render(described("Remote support\nMon: printer")))
    assert "Remote support Mon" not in text
    assert "Mon: printer" in text


@pytest.mark.parametrize("address", ["file:///etc/passwd", "http://127.0.0.1:9/x.png"])
def test_a_template_that_asks_for_files_or_the_network_fails_and_does_not_end_the_worker(
    tmp_path: Path, address: str
) -> None:
    (tmp_path / "_pdf").mkdir()
    (tmp_path / "_pdf" / "style.css").write_text("")
    (tmp_path / "_pdf" / "invoice.html").write_text(f'<img src="{address}">')
    with pytest.raises(RenderFailed, match=r"invoice\.html"):
        WeasyPdfRenderer(tmp_path).render(INVOICE)
