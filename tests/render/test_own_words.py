"""A company's own words: where they stand in an email, what they cannot change, and which are refused."""

import re
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser

import pytest

from paymail.emails import SAMPLES, Email, EmailInstalment, InvoiceEmail, ReminderEmail, Tone
from paymail.emails.own_words import PLACEHOLDERS, OwnWords
from paymail.i18n import LANGUAGES
from paymail.money import Money
from paymail.render.email import JinjaEmailRenderer
from paymail.wiring import TEMPLATES

RENDERER = JinjaEmailRenderer(TEMPLATES)
WORDS = OwnWords(
    subject="Own subject for {{ customer_name }}",
    preheader="Own first line",
    opening="Own greeting,\nits second line & <b>\n\nOwn paragraph of {{ company }}",
    closing="Own closing\nThe team",
)


class Tags(HTMLParser):
    """The tags of an email, paragraphs and lines aside."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, object]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ("p", "br", "bdi"):
            self.found.append((tag, attrs))


def fault(text: str, part: str = "opening", template: str = "invoice") -> str:
    found = RENDERER.faults(OwnWords(**{part: text}), template, "en")
    return found.get(part, "")


@pytest.mark.parametrize("language", ["en-AU", "ar"])
@pytest.mark.parametrize("template", PLACEHOLDERS)
def test_an_email_carries_them_in_subject_text_and_html(template: str, language: str) -> None:
    email = replace(SAMPLES[template], locale=language)
    rendered = RENDERER.render(email, WORDS)
    assert rendered.unworded == ""
    assert rendered.subject.startswith("Own subject for ")
    assert "The Vacuum Shop" in rendered.subject
    for words in ("Own greeting", "Own paragraph of ", "Own closing", "The team"):
        assert words in rendered.text
        assert words in rendered.html
    assert "Own first line" in rendered.html
    assert "its second line & <b>" in rendered.text
    assert "its second line &amp; &lt;b&gt;" in rendered.html
    assert "Southern IT Services Pty Ltd\n" in rendered.text.replace("\u2069", "")


@pytest.mark.parametrize("template", PLACEHOLDERS)
def test_they_change_nothing_but_words(template: str) -> None:
    email = SAMPLES[template]
    paymails, own = RENDERER.render(email), RENDERER.render(email, WORDS)
    assert Tags(own.html).found == Tags(paymails.html).found
    facts = [line for line in paymails.text.splitlines() if re.search(r": \S|https:|AUD", line)]
    assert [line for line in facts if line not in own.text] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_without_them_every_email_is_paymails(language: str) -> None:
    for email in SAMPLES.values():
        one = replace(email, locale=language)
        assert RENDERER.render(one, OwnWords()) == RENDERER.render(one)


@pytest.mark.parametrize("template", PLACEHOLDERS)
def test_every_placeholder_has_a_value_and_none_is_a_secret(template: str) -> None:
    email = SAMPLES[template]
    text = "\n".join(f"{name}=[{{{{ {name} }}}}]" for name in PLACEHOLDERS[template])
    rendered = RENDERER.render(email, OwnWords(closing=text))
    assert rendered.unworded == ""
    assert "=[]" not in rendered.text
    assert "=[None]" not in rendered.text
    said = rendered.text[rendered.text.index("customer_name=[") :].partition("]\n\n")[0]
    assert "0" * 64 not in said
    assert "7K2MX" not in said


@pytest.mark.parametrize(
    "text",
    [
        "{{ ''.__class__ }}",
        "{{ customer_name.__class__ }}",
        "{{ number|upper }}",
        "{{ number() }}",
        "{{ [1] }}",
        "{{ 7*7 }}",
        "{{ a b }}",
        "{{ }}",
        "{{ number",
        "{% for x in y %}{% endfor %}",
        "{% include 'invoice/body.txt' %}",
        "{% raw %}{{{% endraw %}",
        "{# hidden #}",
        "{customer_name}",
        "}} {{",
        "{{{{ number }}}}",
    ],
)
def test_all_of_the_template_language_but_a_name_is_refused(text: str) -> None:
    assert fault(text).startswith("braces are only for placeholders, one name each")
    assert RENDERER.render(SAMPLES["invoice"], OwnWords(opening=text)).unworded


def test_an_unknown_placeholder_is_named_with_the_nearest_that_there_is() -> None:
    assert fault("{{ costumer_name }}").endswith("the nearest is {{ customer_name }}")
    for name in ("pay_url", "payment_url", "self", "seller", "true", "lipsum"):
        assert fault(f"{{{{ {name} }}}}").startswith(f"{{{{ {name} }}}} is not a placeholder of this email")
    assert fault("{{ due_date }}", template="receipt").startswith("{{ due_date }} is not a placeholder")


@pytest.mark.parametrize(
    ("text", "part", "why"),
    [
        ("Invoice\r\nBcc: thief@mail.example", "subject", "this must be one line"),
        ("Invoice\nBcc: thief@mail.example", "subject", "this must be one line"),
        ("first\nsecond", "preheader", "this must be one line"),
        ("a\x00b", "opening", "the invisible character U+0000 is not allowed"),
        ("a\u202eb", "opening", "the invisible character U+202E is not allowed"),
        ("a\u2067b", "closing", "the invisible character U+2067 is not allowed"),
        ("a\u2028b", "subject", "the invisible character U+2028 is not allowed"),
        ("a\ud800b", "opening", "the invisible character U+D800 is not allowed"),
        ("x" * 151, "subject", "at most 150 characters are allowed; these are 151"),
        ("x" * 1_000_000, "opening", "at most 2000 characters are allowed; these are 1000000"),
        ("{{ number }}" * 21, "opening", "at most 20 placeholders are allowed"),
        ("Pay at https://bank.example", "closing", "a web address cannot be part of the words"),
        ("Pay at WWW.bank.example", "closing", "a web address cannot be part of the words"),
        ("Pay at pay.example/pay/" + "0" * 64, "closing", "a web address cannot be part of the words"),
    ],
)
def test_what_could_mislead_or_break_a_header_is_refused(text: str, part: str, why: str) -> None:
    assert fault(text, part).startswith(why)


@pytest.mark.parametrize(
    "text",
    [
        "Bonjour\u00a0!",
        "\u3000いつもお世話になっております。",
        "مرحبًا {{ customer_name }}،",
        "👩\u200d💻 {{- number -}} 50% off",
    ],
)
def test_what_people_type_in_their_languages_is_taken(text: str) -> None:
    assert RENDERER.faults(OwnWords(opening=text, closing=text), "invoice", "ar") == {}


def test_a_value_is_never_read_as_a_template() -> None:
    email = replace(SAMPLES["invoice"], customer_name="{{ company }} <i>{% x %}")
    rendered = RENDERER.render(
        email, OwnWords(subject="To {{ customer_name }}", opening="Hi {{ customer_name }}")
    )
    assert rendered.subject == "To {{ company }} <i>{% x %}"
    assert "Hi {{ company }} &lt;i&gt;{% x %}" in rendered.html


def _untrue() -> list[Email]:
    each, none = Money(4125, "AUD"), Money(0, "AUD")
    invoice, late = InvoiceEmail.sample(), ReminderEmail.sample(Tone.DUE)
    return [
        replace(invoice, balance=none, paid=invoice.total),
        replace(invoice, parts=(EmailInstalment(date(2026, 5, 1), each, each),)),
        replace(late, days_overdue=1),
        replace(ReminderEmail.sample(Tone.FIRM), instalment=1, instalments=2),
        replace(SAMPLES["receipt"], balance=each, in_full=False),
        replace(SAMPLES["refund"], amount=none),
        replace(SAMPLES["statement"], invoices=(), balance=none),
        replace(SAMPLES["statement"], balance=Money(-4125, "AUD")),
    ]


@pytest.mark.parametrize("email", _untrue(), ids=lambda email: email.template)
def test_where_they_could_be_untrue_only_the_closing_is_theirs(email: Email) -> None:
    rendered, paymails = RENDERER.render(email, WORDS), RENDERER.render(email)
    assert rendered.subject == paymails.subject
    assert "Own greeting" not in rendered.text + rendered.html
    assert "Own first line" not in rendered.html
    assert "Own closing" in rendered.text
    assert "Own closing" in rendered.html
    assert rendered.unworded == ""


def test_words_that_cannot_be_used_any_more_give_way_to_paymails_and_say_why() -> None:
    saved = OwnWords(subject="For {{ gone }}", closing="Bye")
    rendered = RENDERER.render(SAMPLES["invoice"], saved)
    assert rendered.unworded.startswith("{{ gone }} is not a placeholder of this email")
    assert replace(rendered, unworded="") == RENDERER.render(SAMPLES["invoice"])
