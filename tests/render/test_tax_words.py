"""An invoice with several taxes says what is taxed, at what rate, and what is not; one with one as ever."""

from dataclasses import replace
from decimal import Decimal

import pytest

from paymail.documents import Line
from paymail.emails import EmailLine, InvoiceEmail
from paymail.money import Money
from paymail.ports.rendering import RenderedEmail
from paymail.render.tax_words import line_words, total_label
from paymail.tax import LineTax, TaxCategory, TaxTotal
from tests.factories import GST, GST_FREE
from tests.render.test_email_rendering import RENDERER, Reader
from tests.render.test_pdf import CREDIT_NOTE, INVOICE, text_of
from tests.render.test_pdf import RENDERER as PDFS


def aud(minor: int) -> Money:
    return Money(minor, "AUD")


TAXES = (
    TaxTotal(GST.category, GST.rate, aud(7500), aud(750)),
    TaxTotal(GST_FREE.category, GST_FREE.rate, aud(10000), aud(0)),
)
FEE = Line(2, "Government fee", Decimal(1), Decimal(100), aud(10000), GST_FREE)
MIXED = replace(
    INVOICE,
    lines=(*INVOICE.lines, FEE),
    taxes=TAXES,
    subtotal=aud(17500),
    total=aud(18250),
    balance=aud(18250),
)
ONE = InvoiceEmail.sample()
MIXED_EMAIL = replace(
    ONE,
    lines=(*ONE.lines, EmailLine("Government fee", Decimal(1), Decimal(100), aud(10000), GST_FREE)),
    taxes=TAXES,
    subtotal=aud(17500),
    total=aud(18250),
    balance=aud(18250),
)
FREE = replace(ONE, **{name: aud(0) for name in ("subtotal", "tax", "total", "balance")})


def shown(email: InvoiceEmail) -> tuple[RenderedEmail, str]:
    """Return the rendered email, and the words of its HTML."""
    found = RENDERER.render(email)
    return found, " ".join(" ".join(Reader(found.html).words).split())


def test_an_invoice_with_one_rate_has_the_words_of_the_seed() -> None:
    found, html = shown(ONE)
    assert "GST (10%): AUD $7.50" in html
    assert "GST (10%): AUD $7.50\n" in found.text
    assert "GST (10%)" in text_of(PDFS.render(INVOICE))
    for text in (html, found.text, text_of(PDFS.render(INVOICE))):
        assert text.count("(10%)") == 1
        assert "GST-free" not in text


def test_a_rate_of_zero_for_all_is_shown_as_a_rate() -> None:
    zero = (TaxTotal(TaxCategory.ZERO, Decimal(0), aud(7500), aud(0)),)
    assert "GST (0%): AUD $0.00" in shown(replace(ONE, taxes=zero, tax=aud(0), total=aud(7500)))[1]
    document = text_of(PDFS.render(replace(INVOICE, taxes=zero, tax=aud(0), total=aud(7500))))
    assert "Tax Invoice" not in document


def test_an_email_with_several_taxes_says_for_each_line_and_total_how_it_is_taxed() -> None:
    found, html = shown(MIXED_EMAIL)
    for total in ("GST (10%) on AUD $75.00: AUD $7.50", "GST-free (AUD $100.00): AUD $0.00"):
        assert total in html
        assert f"{total}\n" in found.text
    assert "Remote support, per hour GST (10%) 75.00" in html
    assert "Government fee GST-free 100.00" in html
    assert "- Government fee: AUD $100.00\n  GST-free\n" in found.text


def test_a_tax_invoice_with_several_taxes_shows_which_items_are_taxable() -> None:
    document = text_of(PDFS.render(MIXED))
    assert "Tax Invoice" in document
    for words in (
        "GST (10%) on AUD $75.00 7.50",
        "GST-free (AUD $100.00) 0.00",
        "Subtotal (ex GST) 175.00",
        "Total AUD $182.50",
    ):
        assert words in document
    assert "Government fee 1 100.00 free 100.00" in document


def test_a_credit_note_on_several_rates_names_none() -> None:
    assert "GST \N{MINUS SIGN}1.82" in text_of(PDFS.render(replace(CREDIT_NOTE, tax_rate=None)))


def test_an_invoice_over_nothing_says_so_and_offers_no_way_to_pay() -> None:
    found, html = shown(FREE)
    assert found.subject == "Invoice #502 from Southern IT Services Pty Ltd: nothing to pay"
    for text in (html, found.text):
        assert "There is nothing to pay." in text
        assert "Pay Invoice Online" not in text
    assert ONE.payment_url not in found.html + found.text
    document = text_of(PDFS.render(replace(INVOICE, total=aud(0), balance=aud(0))))
    assert "There is nothing to pay." in document
    assert "Paid in full" not in document
    assert "Pay Invoice Online" not in document


@pytest.mark.parametrize(
    ("category", "name", "words"),
    [
        (TaxCategory.ZERO, "GST", "GST-free"),
        (TaxCategory.ZERO, "VAT", "Zero-rated for VAT"),
        (TaxCategory.EXEMPT, "VAT", "Exempt from VAT"),
        (TaxCategory.REVERSE_CHARGE, "VAT", "Reverse charge: you account for the VAT"),
        (TaxCategory.OUTSIDE_SCOPE, "GST", "Outside the scope of GST"),
    ],
)
def test_each_category_has_plain_words(category: TaxCategory, name: str, words: str) -> None:
    tax = LineTax(category, Decimal(0))
    total = TaxTotal(category, Decimal(0), aud(10000), aud(0))
    assert line_words(tax, name, "en-AU") == words
    assert total_label(total, name, 2, "en-AU") == f"{words} (AUD $100.00)"
    if category is not TaxCategory.ZERO:
        assert total_label(total, name, 1, "en-AU") == words


@pytest.mark.parametrize(
    ("locale", "words"),
    [("de", "GST-frei"), ("fr", "Sans GST"), ("ja", "GST免税"), ("ar", "بدون \u2068GST\u2069")],
)
def test_the_words_are_in_the_readers_language(locale: str, words: str) -> None:
    assert line_words(GST_FREE, "GST", locale) == words


@pytest.mark.parametrize("locale", ["en-AU", "de", "ja", "ar"])
def test_an_adjustment_note_says_in_english_what_it_is_and_its_effect(locale: str) -> None:
    text = text_of(PDFS.render(replace(CREDIT_NOTE, locale=locale)))
    assert "Adjustment Note" in text
    assert "ecreasing adjustment" in text
