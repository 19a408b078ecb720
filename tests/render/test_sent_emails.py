"""What every mail reader needs of an email, checked on the bytes that are sent."""

import re
from dataclasses import replace
from io import BytesIO

import pytest
from PIL import Image

from paymail.emails import SAMPLES, CustomerEmail, Email, InvoiceEmail, ReminderEmail
from paymail.money import Obstacle
from tests.render.contrast import dark_rules, forced, outlook_rules, pairs
from tests.render.sent_bytes import Sent, sent, words

CUSTOMERS = {name: email for name, email in SAMPLES.items() if isinstance(email, CustomerEmail)}
ONE = InvoiceEmail.sample()
LINE = ONE.lines[0]
SMALLEST = 13


def with_lines(count: int) -> InvoiceEmail:
    lines = tuple(replace(LINE, description=f"Ticket {number}") for number in range(count))
    return replace(ONE, lines=lines)


def branded(email: CustomerEmail) -> CustomerEmail:
    drawn = BytesIO()
    Image.new("RGB", (80, 24), "white").save(drawn, "PNG")
    seller = replace(
        email.seller,
        logo=drawn.getvalue(),
        logo_url="https://billing.example/brand/1.png",
        colour="#8e740b",
    )
    return replace(email, seller=seller)


EMAILS: dict[str, Email] = {
    **SAMPLES,
    **{f"{name}-ar": replace(CUSTOMERS[name], locale="ar") for name in ("invoice", "receipt", "plan")},
    "invoice-de": replace(ONE, locale="de"),
    "invoice-branded": branded(ONE),
    "invoice-1000": with_lines(1000),
    "invoice-not-online": replace(ONE, not_online=Obstacle.LAST_DIGIT),
}
EVERY = pytest.mark.parametrize("name", sorted(EMAILS))
_SENT: dict[str, Sent] = {}


def of(name: str) -> Sent:
    if name not in _SENT:
        _SENT[name] = sent(EMAILS[name])
    return _SENT[name]


@EVERY
def test_an_email_is_small_enough_to_be_shown_whole(name: str) -> None:
    # Gmail cuts what is beyond about 102 kB.
    assert len(of(name).html.encode()) < 60_000
    assert max(map(len, of(name).mime.splitlines())) <= 998


@EVERY
def test_outlook_finds_a_card_of_600_pixels(name: str) -> None:
    html, page = of(name).html, of(name).page
    assert re.search(r'<!--\[if mso\]><table[^>]* width="600"', html)
    assert "<!--[if mso]></td></tr></table><![endif]-->" in html
    (card,) = page.cssselect(".invoice-email")
    assert card.get("width") == "100%"
    assert "max-width:600px" in card.get("style")
    for comment in re.findall(r"<!--.*?-->", html, re.DOTALL):
        assert comment.startswith("<!--[if mso]>")
        assert comment.endswith("<![endif]-->")


@EVERY
def test_what_outlook_cannot_do_is_not_asked_of_it(name: str) -> None:
    for element in of(name).page.xpath("//*[@style]"):
        style = element.get("style")
        assert not re.search(r"float:|position:|flex|grid|background-image|url\(", style)
        if element.tag in ("p", "h1", "span", "div", "strong"):
            assert "padding" not in style
        assert not (element.get("width") and re.search(r"(?:^|;)\s*width:", style))
    for cell in of(name).page.xpath("//td | //th"):
        assert "font-family" in cell.get("style")


@EVERY
def test_the_button_keeps_its_size_and_colour_in_outlook(name: str) -> None:
    for cell in of(name).page.cssselect(".button-cell"):
        assert cell.get("bgcolor") == "#047857"
        assert "mso-padding-alt:15px 34px" in cell.get("style")
    assert len(of(name).page.cssselect(".pay-button")) <= 1


@EVERY
def test_no_text_is_smaller_than_can_be_read(name: str) -> None:
    for element in of(name).page.xpath("//*[@style][not(@class='preheader')]"):
        for size in re.findall(r"font-size:\s*(\d+)px", element.get("style")):
            assert int(size) >= SMALLEST, element.get("class")


@EVERY
def test_pictures_have_a_size_and_say_nothing_of_their_own(name: str) -> None:
    pictures = of(name).page.xpath("//img")
    assert len(pictures) == (name == "invoice-branded")
    for picture in pictures:
        assert (picture.get("width"), picture.get("height")) == ("40", "12")
        assert picture.get("alt") == ""


@EVERY
def test_texts_have_the_contrast_that_wcag_asks_for_in_light_and_dark(name: str) -> None:
    found = of(name)
    assert list(pairs(found.page))
    for rules in (None, dark_rules(found.html), outlook_rules(found.html)):
        for pair in pairs(found.page, rules):
            assert pair.ratio >= 4.5, pair


@EVERY
def test_texts_stay_readable_where_the_reader_darkens_by_force(name: str) -> None:
    for pair in pairs(of(name).page):
        assert forced(pair) >= 4.5, pair


@EVERY
def test_the_dark_design_turns_every_ground_and_ink_round(name: str) -> None:
    found = of(name)
    light = {pair.text: pair for pair in pairs(found.page)}
    for rules in (dark_rules(found.html), outlook_rules(found.html)):
        for pair in pairs(found.page, rules):
            if light[pair.text].ground in ("#ffffff", "#f1f5f9"):
                assert pair.ground != light[pair.text].ground, pair


@EVERY
def test_the_text_part_says_all_that_stands_out_in_the_html(name: str) -> None:
    found = of(name)
    text = words(found.text)
    shown = found.page.cssselect(".v, .sv, .amount, .when, .f, .bank .small, .title, .ld")
    assert shown
    for element in shown:
        for said in element.xpath(".//text()"):
            if name != "invoice-1000" or "more" not in element.get("class"):
                assert words(said) in text


def test_an_invoice_says_the_words_of_the_seed_in_both_parts() -> None:
    found = of("invoice")
    for part in (words(found.page.text_content()), words(found.text)):
        for said in (
            "Dear The Vacuum Shop,",
            "Thank you for your business. Please find your invoice details below:",
            "Invoice Number:",
            "Issue Date:",
            "Due Date:",
            "Subtotal (ex GST):",
            "GST (10%):",
            "Total:",
            "Pay Invoice Online",
            "This payment link is secure and expires when the invoice is paid.",
        ):
            assert said in part


def test_the_amount_and_the_button_come_before_the_lines() -> None:
    html = of("invoice-1000").html
    places = [html.index(sign) for sign in ('class="amount"', 'class="pay-button"', 'class="lines"')]
    assert places == sorted(places)
    assert places[1] < 20_000


@pytest.mark.parametrize(("count", "shown"), [(10, 10), (11, 11), (12, 10)])
def test_ten_lines_are_shown_and_the_rest_counted(count: int, shown: int) -> None:
    found = sent(with_lines(count))
    tables = found.page.cssselect(".lines")
    for part in (tables[0].text_content(), found.text):
        assert len(re.findall(r"Ticket \d+", part)) == shown
        assert ("and 2 more lines in the PDF" in part) == (count > shown)


@pytest.mark.parametrize("name", sorted(CUSTOMERS))
def test_the_preheader_says_what_the_subject_does_not(name: str) -> None:
    found = of(name)
    (preheader,) = found.page.cssselect(".preheader")
    said = words(preheader.text_content())
    assert said
    assert said not in str(found.message["Subject"])
    assert str(found.message["Subject"]) not in said


def test_each_issuer_has_its_colour_and_one_that_is_no_colour_the_usual_one() -> None:
    html = of("invoice-branded").html
    assert html.count("#8e740b") >= 3
    assert "#2563eb" not in html
    hostile = replace(ONE, seller=replace(ONE.seller, colour="red;}</style><script>"))
    assert sent(hostile).html == of("invoice").html
    assert of("invoice").html == sent(ONE).html


def test_where_nothing_can_be_paid_online_the_email_says_how_to_pay_and_has_no_button() -> None:
    found = of("invoice-not-online")
    assert not found.page.cssselect(".pay-button")
    assert "Pay Invoice Online" not in found.text
    for part in (words(found.page.text_content()), words(found.text)):
        assert "are in whole units only. Please pay by bank transfer" in part
        assert "Pay by bank transfer Account" in part
        assert "pay@southern-it.example" in part


def test_an_arabic_email_runs_from_right_to_left_and_keeps_names_and_numbers_whole() -> None:
    found = of("invoice-ar")
    assert found.page.get("dir") == "rtl"
    isolated = [words(element.text_content()) for element in found.page.xpath("//bdi")]
    assert "ABN 51 824 753 556" in isolated
    assert "063-000" in isolated
    (line,) = found.page.cssselect(".ln")
    assert "text-align:left" in line.get("style")


def test_a_reminder_says_when_it_was_looked_whether_the_money_came() -> None:
    for email in ReminderEmail.samples():
        for part in (words(sent(email).page.text_content()), words(sent(email).text)):
            assert "9:00 am (Australian Eastern" in part.replace("\u202f", " ")
            assert "we had not received AUD $82.50 of this invoice" in part
