"""Every email says what the seed's says, in text and HTML alike, and no value can change its markup."""

import re
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path
from typing import ClassVar

import pytest

from paymail.emails import (
    SAMPLES,
    CopyEmail,
    Email,
    EmailInstalment,
    EmailLine,
    FailedPaymentEmail,
    InvoiceEmail,
    LinkEmail,
    PlanEmail,
    ReceiptEmail,
    RefundEmail,
)
from paymail.money import Money
from paymail.ports.rendering import RenderedEmail
from paymail.render.email import JinjaEmailRenderer
from paymail.render.errors import RenderFailed
from paymail.wiring import TEMPLATES
from tests.factories import GST
from tests.render.hostile_fields import spoiled

RENDERER = JinjaEmailRenderer(TEMPLATES)


class Reader(HTMLParser):
    """What a mail reader shows: its text and its links; and what it must not find."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.links: list[str] = []
        self.tags: list[str] = []
        self._hidden = 0
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self._hidden += tag in ("style", "title")
        if tag == "a":
            self.links.append(dict(attrs)["href"] or "")

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in ("style", "title")

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def of(email: Email) -> RenderedEmail:
    return RENDERER.render(email)


def test_the_invoice_email_is_the_seeds() -> None:
    rendered = of(InvoiceEmail.sample())
    shown = Reader(rendered.html).text
    for line in (
        "Invoice #502",
        "Dear The Vacuum Shop ,",
        "Thank you for your business. Please find your invoice details below:",
        "Invoice Number: #502",
        "Issue Date: 12 March 2026",
        "Due Date: 11 April 2026",
        "Subtotal (ex GST): AUD $75.00",
        "GST (10%): AUD $7.50",
        "Total: AUD $82.50",
        "Pay Invoice Online",
        "This payment link is secure and expires when the invoice is paid.",
    ):
        assert line in shown
    sample = InvoiceEmail.sample()
    assert set(Reader(rendered.html).links) == {sample.payment_url, sample.verify_url}


def test_what_was_credited_or_written_off_is_not_called_paid() -> None:
    email = replace(
        InvoiceEmail.sample(), credited=Money(2000, "AUD"), written_off=Money(100, "AUD"),
        paid=Money(1000, "AUD"), balance=Money(5150, "AUD"),
    )  # fmt: skip
    text = of(email).text
    assert (
        "Credited: AUD $20.00\nWritten off: AUD $1.00\nAlready paid: AUD $10.00\nBalance due: AUD $51.50"
        in text
    )
    shown = Reader(of(email).html).text
    assert (
        "Credited: AUD $20.00 Written off: AUD $1.00 Already paid: AUD $10.00 Balance due: AUD $51.50"
        in shown
    )
    unpaid = of(replace(email, paid=Money(0, "AUD"), balance=Money(6150, "AUD"))).text
    assert "Already paid" not in unpaid
    assert "Balance due: AUD $61.50" in unpaid


def test_the_invoice_of_a_plan_is_not_due_on_its_old_date() -> None:
    parts = PlanEmail.sample().parts
    rendered = of(replace(InvoiceEmail.sample(), parts=parts))
    for text in (rendered.subject, rendered.text, Reader(rendered.html).text):
        assert "11 April 2026" not in text
    assert rendered.text.count("Your payment plan") == 1
    for email in (CopyEmail.sample(), LinkEmail.sample(), FailedPaymentEmail.sample()):
        undated = of(replace(email, due=None))
        assert "11 April 2026" not in undated.text + undated.html


def test_only_who_got_an_adjustment_note_is_told_to_reduce_a_claim() -> None:
    refund = RefundEmail.sample()
    other = replace(refund, adjustment=False)
    assert "reduce your claim" in of(refund).html
    assert "reduce your claim" in of(refund).text
    assert "reduce your claim" not in of(other).html + of(other).text


def test_a_refund_by_bank_transfer_says_so_and_promises_no_days_of_a_card() -> None:
    shown = of(replace(RefundEmail.sample(), by_card=False, method="Bank transfer"))
    for text in (shown.html, shown.text):
        assert "to Bank transfer" not in text
        assert "10 business days" not in text
    assert "Refund Method: Bank transfer" in shown.text


def test_a_receipt_says_what_was_paid_too_much() -> None:
    shown = of(replace(ReceiptEmail.sample(), amount=Money(9000, "AUD"), overpaid=Money(750, "AUD")))
    assert "Paid too much: AUD $7.50" in shown.text
    assert "Paid too much" in shown.html
    assert "Paid too much" not in of(ReceiptEmail.sample()).text


def test_a_refund_of_what_stays_owed_says_that_it_is_to_be_paid() -> None:
    owed = replace(RefundEmail.sample(), credit_note="", adjustment=False, balance=Money(8250, "AUD"))
    shown = of(owed)
    for text in (shown.html, shown.text):
        assert "The refund does not reduce the invoice: AUD $82.50 is still to be paid." in text
        assert "Pay the rest" not in text
        assert "Pay Invoice Online" in text
    assert "does not reduce" not in of(RefundEmail.sample()).text


def test_the_seeds_colours_and_width_are_inlined() -> None:
    html = of(InvoiceEmail.sample()).html
    header = re.search(r'<td[^>]*class="header"[^>]*>', html)
    button = re.search(r'<a[^>]*class="pay-button"[^>]*>', html)
    assert header is not None
    assert button is not None
    assert "background-color:#2563eb" in header[0]
    # White on the seed's green is 2.54:1; that green is the dark design's button.
    assert "background-color:#047857" in button[0]
    assert "padding:15px 34px" in button[0]
    assert "max-width:600px" in html
    assert "@media" in html


@pytest.mark.parametrize("kind", sorted(SAMPLES))
def test_every_kind_renders_its_sample_small_and_whole(kind: str) -> None:
    rendered = of(SAMPLES[kind])
    assert rendered.subject
    assert "\n" not in rendered.subject
    assert rendered.html.startswith("<!DOCTYPE html>")
    assert len(rendered.html.encode()) < 60_000
    assert "jinjatag" not in rendered.html
    assert "{{" not in rendered.html
    assert 'lang="en-AU"' in rendered.html
    assert not {"script", "img", "form", "iframe", "link"} & set(Reader(rendered.html).tags)


@pytest.mark.parametrize("kind", sorted(SAMPLES))
def test_the_text_part_carries_every_fact_of_the_html(kind: str) -> None:
    rendered = of(SAMPLES[kind])
    facts = re.findall(r"AUD \$[\d,.]*\d|\d+ \w+ 2026|#\d+|R-\d+|\d+\.\d+%", Reader(rendered.html).text)
    assert facts
    for fact in facts:
        assert fact in rendered.text


@pytest.mark.parametrize("kind", sorted(SAMPLES))
def test_a_hostile_text_in_any_field_of_any_kind_is_only_text(kind: str) -> None:
    rendered = of(spoiled(SAMPLES[kind]))
    assert "<script>alert(1)</script>" in Reader(rendered.html).text
    assert not {"script", "img"} & set(Reader(rendered.html).tags)
    assert all(
        link.startswith(("https://billing.example/", "mailto:")) for link in Reader(rendered.html).links
    )
    assert "{{ 7*7 }}" in rendered.text
    assert "\n" not in of(spoiled(SAMPLES[kind], "a\r\nBcc: evil@x.example")).subject


def test_a_description_of_several_lines_stays_so_in_html_and_text() -> None:
    line = EmailLine("Remote support\n<b>Mon</b>: printer", Decimal(2), Decimal("0.5"), Money(1, "AUD"), GST)
    rendered = of(replace(InvoiceEmail.sample(), lines=(line,)))
    assert "Remote support</bdi><br><bdi>&lt;b&gt;Mon&lt;/b&gt;: printer" in rendered.html.replace(
        "<br/>", "<br>"
    )
    assert (
        "- Remote support\n  <b>Mon</b>: printer (2 \N{MULTIPLICATION SIGN} 0.50): AUD $0.01" in rendered.text
    )


@pytest.mark.parametrize("name", ["O'Brien & Søn", "Łódź", "株式会社", "شركة"])
def test_names_in_every_script_survive(name: str) -> None:
    rendered = of(replace(InvoiceEmail.sample(), customer_name=name))
    assert name in Reader(rendered.html).text
    assert f"Dear {name}," in rendered.text


@pytest.mark.parametrize(
    ("currency", "minor", "locale", "shown"),
    [
        ("AUD", 123456, "en-AU", "AUD $1,234.56"),
        ("JPY", 1500, "en-AU", "JPY 1,500"),
        ("KWD", 1230, "en-AU", "KWD 1.230"),
        ("EUR", 123456, "en-AU", "EUR 1,234.56"),
        ("EUR", 123456, "de", "EUR 1.234,56"),
        ("NZD", 100, "en-AU", "NZD 1.00"),
    ],
)
def test_money_is_shown_with_its_code_and_all_its_decimals(
    currency: str, minor: int, locale: str, shown: str
) -> None:
    total = Money(minor, currency)
    text = of(replace(InvoiceEmail.sample(), total=total, locale=locale)).text
    label = "Gesamtbetrag:" if locale == "de" else "Total:"
    (line,) = [line for line in text.splitlines() if line.startswith(label)]
    assert re.sub(r"[€\u00a0\u202f ]+", " ", line).strip().removeprefix(f"{label} ") == shown


def test_an_arabic_reader_gets_a_page_from_right_to_left() -> None:
    assert 'dir="rtl"' in of(replace(InvoiceEmail.sample(), locale="ar")).html


def test_a_receipt_asks_for_the_rest_only_where_there_is_one() -> None:
    paid = ReceiptEmail.sample()
    part = replace(paid, balance=Money(100, "AUD"), payable=True)
    assert paid.payment_url not in of(paid).html + of(paid).text
    assert part.payment_url in of(part).html
    assert part.payment_url in of(part).text


def test_nobody_who_keeps_a_plan_is_asked_for_the_rest() -> None:
    owed, each = Money(5500, "AUD"), Money(2750, "AUD")
    parts = tuple(EmailInstalment(date(2026, month, 1), each, each) for month in (5, 6))
    receipt = replace(
        ReceiptEmail.sample(),
        balance=owed,
        payable=True,
        parts=parts,
        next_due=parts[0].due,
        next_amount=each,
    )
    for email in (receipt, replace(RefundEmail.sample(), planned=True)):
        rendered = of(email)
        assert "Pay the rest" not in rendered.html + rendered.text
        assert "Show the invoice" in rendered.html
        assert email.payment_url in rendered.text
    assert "There is nothing to do until 1 May 2026, when AUD $27.50 is due." in of(receipt).text
    late = of(replace(receipt, late=True)).text
    assert "AUD $27.50 of your payment plan was due on 1 May 2026 and is still open." in late
    assert "nothing to do" not in late


@pytest.mark.parametrize("kind", sorted(set(SAMPLES) - {"notice", "link", "void", "copy", "answer"}))
def test_an_email_without_a_pay_link_has_no_button_to_nowhere(kind: str) -> None:
    rendered = of(replace(SAMPLES[kind], payment_url="", verify_code="", balance=Money(100, "AUD")))
    assert Reader(rendered.html).links == []
    assert 'class="pay-button"' not in rendered.html
    assert "Pay Invoice Online" not in rendered.text


@dataclass(frozen=True, slots=True)
class Note:
    kind: ClassVar[str] = "note"
    template: ClassVar[str] = "note"
    name: str


def renderer(folder: Path, body: str) -> JinjaEmailRenderer:
    for name, text in {
        "_base/base.html": "<!DOCTYPE html><html><head><style>/* style */</style></head>"
        "<body><!-- preheader --><!-- content --></body></html>",
        "_base/style.css": ".a { color: red; }",
        "_base/screen.css": "",
        "note/subject.txt": "s",
        "note/body.txt": "t",
        "note/body.html": f"<!-- preheader ends -->{body}",
    }.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)
    return JinjaEmailRenderer(folder)


@pytest.mark.parametrize(
    "body",
    [
        "{{ missing }}",
        "{{ name.missing }}",
        "{% if %}",
        "{{ name|nofilter }}",
        '<p class="{{ name }}">x</p>',
        '<p style="color:{{ name }}">x</p>',
        "<p id='x{% if name %}y{% endif %}'>x</p>",
    ],
)
def test_a_broken_template_fails_with_its_name(tmp_path: Path, body: str) -> None:
    with pytest.raises(RenderFailed, match=r"note/body\.html"):
        renderer(tmp_path, body).render(Note("x"))  # type: ignore[arg-type]


def test_a_failure_does_not_quote_the_pay_link(tmp_path: Path) -> None:
    with pytest.raises(RenderFailed) as caught:
        renderer(tmp_path, "{{ name|money('en') }}").render(Note("ab" * 32))  # type: ignore[arg-type]
    assert "ab" * 32 not in str(caught.value)


def test_tags_survive_inlining_wherever_they_stand(tmp_path: Path) -> None:
    body = (
        '<table><tbody>{% for c in name %}<tr><td class="a">{{ c }}</td></tr>{% endfor %}</tbody></table>'
        '{% if name %}<a class="a" href="https://x/?n={{ name }}">{{ name }}</a>{% else %}none{% endif %}'
    )
    html = renderer(tmp_path, body).render(Note("<b")).html  # type: ignore[arg-type]
    assert html.count("<tr>") == 2
    assert 'style="color:red"' in html
    assert 'href="https://x/?n=&lt;b"' in html
    assert "none" not in html
