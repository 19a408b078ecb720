"""Every text is in every language, with the same facts, and no language can be broken by a name."""

import functools
import re
from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import jinja2
import pytest
from babel.messages.catalog import Message

from paymail import i18n
from paymail.documents import Seller
from paymail.emails import (
    SAMPLES,
    CustomerEmail,
    Email,
    EmailLine,
    InvoiceEmail,
    ReceiptEmail,
    RefundEmail,
    ReminderEmail,
    StatementEmail,
    Tone,
)
from paymail.i18n import CATALOGS
from paymail.models.payment import Channel
from paymail.money import CURRENCIES, Money, exponent
from paymail.render import bank_reasons, email_words, formats
from paymail.render.email import JinjaEmailRenderer
from paymail.render.environment import equip
from paymail.render.pdf import WeasyPdfRenderer
from paymail.services.core.documents import WAYS
from paymail.wiring import TEMPLATES
from tests import catalogs
from tests.catalogs import TRANSLATED, entries, strings
from tests.factories import GST
from tests.render.hostile_fields import HOSTILE
from tests.render.test_email_rendering import Reader
from tests.render.test_pdf import CREDIT_NOTE, INVOICE, RECEIPT, text_of

RENDERER = JinjaEmailRenderer(TEMPLATES)
PDFS = WeasyPdfRenderer(TEMPLATES)
CUSTOMERS = sorted(name for name, email in SAMPLES.items() if isinstance(email, CustomerEmail))
ISOLATES = str.maketrans("", "", "\u2068\u2069")
ODD = "50% %s %(customer)s {0} {{ 7 }} <b>&\"'"
_PLACE = re.compile(r"%\((\w+)\)s|(%)")


CUSTOMER_PAGES = sorted(
    file
    for pattern in ("pay*.html", "link_*.html", "no_link.html", "outage.html", "verify.html")
    for file in catalogs.PAGES.glob(pattern)
)
"""Pages that customers read in their language."""
SPOKEN = [
    *sorted(file for kind in (*CUSTOMERS, "_base", "_parts") for file in (TEMPLATES / kind).glob("*.[th]*")),
    *sorted((TEMPLATES / "_pdf").glob("*.html")),
    *CUSTOMER_PAGES,
]
ENGLISH_BY_LAW = {"Tax Invoice", "Adjustment Note"}
_TRANS = re.compile(r"\{%-?\s*trans\b.*?endtrans\s*-?%\}", re.DOTALL)
_TAGS = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}|<!--.*?-->|<style.*?</style>|<[^>]*>", re.DOTALL)


@functools.cache
def used() -> frozenset[Any]:
    """Reading all templates and modules takes most of a second."""
    return frozenset(entries(catalogs.used()))


def shown(email: Email) -> tuple[str, str, str]:
    """Return subject, text and visible HTML without the marks that only steer the direction."""
    rendered = RENDERER.render(email)
    parts = rendered.subject, rendered.text, Reader(rendered.html).text
    subject, text, html = (" ".join(part.translate(ISOLATES).split()) for part in parts)
    return subject, text, html


def facts(email: Email, language: str) -> Iterator[str]:
    """Return what the reader must find, in the formats of the language."""
    for name in (field.name for field in fields(email) if field.name not in ("locale", "tone")):
        value = getattr(email, name)
        if (name in ("paid", "next_amount", "credit") and not value.minor) or value is None:
            continue
        if isinstance(value, Money):
            yield formats.money(value, language)
        elif isinstance(value, bool) or name in ("zone", "reference"):
            continue
        elif isinstance(value, date):
            yield formats.long_date(value, language)
        elif isinstance(value, Decimal):
            yield formats.rate(value, language)
        elif isinstance(value, int):
            yield from [str(value)] * (email.template in ("reminder_firm", "reminder_final"))
        elif name == "taxes":
            for total in value:
                yield from (formats.rate(total.rate, language), formats.money(total.tax, language))
        elif name == "reminded_on":
            yield from (formats.long_date(day, language) for day in value)
        elif name == "lines":
            for line in value:
                yield from (line.description, formats.figure(line.amount, language))
        elif name == "invoices":
            for one in value:
                yield from (
                    one.number,
                    formats.long_date(one.due, language),
                    formats.money(one.open, language),
                )
        elif name == "parts":
            for part in value:
                yield from (formats.long_date(part.due, language), formats.figure(part.amount, language))
        elif isinstance(value, Seller):
            yield from (value.tax_id, value.phone, *value.address.splitlines())
            if value.bank.payid in RENDERER.render(email).text:
                yield email.reference  # type: ignore[attr-defined]
                yield from (text for _, text in email_words.account(value.bank, language))
        elif name == "reason" and email.template == "payment_failed":
            yield bank_reasons.reason(value, language)
        elif name == "method":
            yield formats.method(value, language)
        elif name != "payment_url" or value in RENDERER.render(replace(email, locale="en")).text:
            yield value


def places(text: str) -> set[str]:
    """Return the placeholders of a text; `%` alone would be one that fails."""
    return {name or sign for name, sign in _PLACE.findall(text.replace("%%", ""))}


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_text_is_translated_and_no_catalog_keeps_a_gone_one(language: str) -> None:
    have = entries(catalogs.catalog(language))
    assert set(have) == used(), "run python -m tests.catalogs"
    assert [message.id for message in have.values() if not all(strings(message))] == []
    assert [message.id for message in have.values() if message.fuzzy] == []


@pytest.mark.parametrize("file", SPOKEN, ids=lambda file: f"{file.parent.name}/{file.name}")
def test_no_template_for_customers_has_words_that_are_not_translated(file: Path) -> None:
    bare = _TAGS.sub("\n", _TRANS.sub("", file.read_text()))
    words = {line.strip() for line in bare.splitlines() if re.search(r"[A-Za-z]{2}", line)}
    assert words - ENGLISH_BY_LAW == set(), "write {{ _('…') }}: docs/languages.md"


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_catalog_is_written_as_its_tool_writes_it(language: str) -> None:
    text = (CATALOGS / language / "LC_MESSAGES" / "paymail.po").read_text()
    assert text == catalogs.written(language, catalogs.catalog(language))


def test_every_language_has_its_catalog_and_no_catalog_is_unused() -> None:
    assert {folder.name for folder in CATALOGS.iterdir()} == set(TRANSLATED)


@pytest.mark.parametrize("language", TRANSLATED)
def test_translations_have_the_placeholders_of_their_text_and_no_markup(language: str) -> None:
    for message in entries(catalogs.catalog(language)).values():
        wanted = places(message.id if isinstance(message.id, str) else message.id[1])
        for form, text in enumerate(strings(message)):
            spoken = _counts(language, form) if not isinstance(message.id, str) else []
            missing = {"num"} if len(spoken) == 1 else set()
            assert places(text) | missing == wanted | missing, text
            assert not set("<>&\"'`") & set(text), text


@pytest.mark.parametrize("language", TRANSLATED)
def test_no_translation_is_much_longer_than_its_text(language: str) -> None:
    narrow = catalogs.narrow()
    for message in entries(catalogs.catalog(language)).values():
        english = message.id if isinstance(message.id, str) else message.id[1]
        longest = 1.5 * catalogs.width(english) + (8 if english in narrow else 12)
        assert [text for text in strings(message) if catalogs.width(text) > longest] == [], english


def test_buttons_heads_of_tables_and_subjects_are_known_to_be_narrow() -> None:
    wanted = {"Email me a new link", "Unit price", "Reminder: invoice #%(number)s is overdue, %(amount)s"}
    wanted |= {"Final reminder: invoice #%(number)s is %(num)s days overdue, %(amount)s"}
    assert catalogs.narrow() >= wanted
    assert "If you have already paid, thank you. Please ignore this email." not in catalogs.narrow()


@pytest.mark.parametrize(("text", "columns"), [("Total", 5), ("合計", 4), ("الإجمالي", 8), ("شكرًا", 4)])
def test_the_width_of_a_text_is_that_of_its_letters(text: str, columns: int) -> None:
    assert catalogs.width(text) == columns


def _counts(language: str, form: int) -> list[int]:
    """Return the numbers below 1000 that take this plural form; a form of one number may leave it out."""
    words: Any = i18n.translations(language)
    return [number for number in range(1000) if words.plural(number) == form]


@pytest.mark.parametrize(("language", "forms"), [("de", 2), ("fr", 2), ("ja", 1), ("ar", 6)])
def test_each_language_has_its_plural_forms_and_uses_each(language: str, forms: int) -> None:
    counted = [message for message in entries(catalogs.catalog(language)).values() if _plural(message)]
    assert counted
    assert {len(strings(message)) for message in counted} == {forms}
    assert all(_counts(language, form) for form in range(forms))


def test_every_way_that_money_goes_has_its_words() -> None:
    for channel in set(Channel) - {Channel.STRIPE}:
        method = WAYS[channel]
        assert formats.method(method, "de") != method


def _plural(message: Message) -> bool:
    return not isinstance(message.id, str)


@pytest.mark.parametrize(
    ("locale", "days", "said"),
    [
        ("en", 1, "1 day overdue"), ("en", 2, "2 days overdue"), ("en", 0, "0 days overdue"),
        ("de", 1, "seit 1 Tag überfällig"), ("de", 2, "seit 2 Tagen überfällig"),
        ("fr", 1, "retard de 1 jour"), ("fr", 2, "retard de 2 jours"), ("ja", 1, "1日"),
        ("ar", 1, "منذ يوم واحد"), ("ar", 2, "منذ يومين"), ("ar", 3, "منذ 3 أيام"), ("ar", 11, "منذ 11 يومًا"),
        ("ar", 100, "منذ 100 يوم"), ("ar", 103, "منذ 103 أيام"), ("ar", 111, "منذ 111 يومًا"),
    ],
)  # fmt: skip
def test_days_overdue_are_counted_as_the_language_counts(locale: str, days: int, said: str) -> None:
    subject, _, _ = shown(replace(ReminderEmail.sample(Tone.FIRM), locale=locale, days_overdue=days))
    assert re.search(rf"{said}(?![\w])" if locale != "ja" else said, subject.replace("\u00a0", " "))


@pytest.mark.parametrize("kind", CUSTOMERS)
@pytest.mark.parametrize("language", ["en", *TRANSLATED])
def test_an_email_in_each_language_holds_the_same_facts_in_text_and_html(kind: str, language: str) -> None:
    email = replace(SAMPLES[kind], locale=language)
    _, text, html = shown(email)
    found = [" ".join(fact.translate(ISOLATES).split()) for fact in facts(email, language)]
    assert len(found) >= 8
    assert [fact for fact in found if fact not in text] == []
    # A refund's link is only the target of a word in HTML.
    assert [fact for fact in found if fact not in html and not (kind == "refund" and "/pay/" in fact)] == []


@pytest.mark.parametrize("kind", CUSTOMERS)
@pytest.mark.parametrize("language", TRANSLATED)
def test_an_email_in_a_language_has_no_english_left(kind: str, language: str) -> None:
    english = used()
    email = replace(SAMPLES[kind], locale=language)
    data = {str(getattr(email, field.name)) for field in fields(email)}
    same = {text for _, text in english if i18n.translations(language).gettext(text) == text}
    for part in shown(email):
        left = {text for _, text in english if "%" not in text and re.search(rf"\b{re.escape(text)}", part)}
        assert {text for text in left - same if not any(text in value for value in data)} == set()


@pytest.mark.parametrize("kind", CUSTOMERS)
def test_each_language_gets_a_text_of_its_own_from_one_compiled_template(kind: str) -> None:
    once = [shown(replace(SAMPLES[kind], locale=language)) for language in i18n.LANGUAGES]
    assert len(set(once)) == len(i18n.LANGUAGES)
    assert [shown(replace(SAMPLES[kind], locale=language)) for language in i18n.LANGUAGES] == once


@pytest.mark.parametrize(
    ("tag", "language"),
    [
        ("de", "de"), ("de-AT", "de"), ("de_CH", "de"), ("fr-CA", "fr"), ("ja-JP", "ja"), ("ar-EG", "ar"),
        ("en-AU", "en"), ("sv-SE", "en"), ("he-IL", "en"), ("zh-Hant-TW", "en"),
        ("", "en"), ("-", "en"), ("german", "en"), ("de-", "en"), ("../../etc", "en"), ("xx", "en"),
        ("d\u00e9", "en"), ("de;q=1", "en"), ("a" * 200, "en"), ("\0", "en"),
    ],
)  # fmt: skip
def test_a_locale_falls_back_to_its_language_and_then_to_english(tag: str, language: str) -> None:
    assert i18n.language_of(tag) == language
    assert i18n.translations(tag) is i18n.translations(language) or language == "en"
    expected = {
        "en": "Total:",
        "de": "Gesamtbetrag:",
        "fr": "Total\u00a0:",
        "ja": "合計\uff1a",
        "ar": "الإجمالي:",
    }
    assert i18n.translations(tag).gettext("Total:") == expected[language]


@pytest.mark.parametrize(
    ("tag", "lang", "direction"),
    [
        ("en-AU", "en-AU", "ltr"), ("de-AT", "de-AT", "ltr"), ("de_AT", "de-AT", "ltr"),
        ("ar-EG", "ar-EG", "rtl"),
        ("he-IL", "en", "ltr"), ("sv", "en", "ltr"), ("x\"><script>", "en", "ltr"),
    ],
)  # fmt: skip
def test_a_page_says_the_language_and_direction_of_its_words(tag: str, lang: str, direction: str) -> None:
    html = RENDERER.render(replace(InvoiceEmail.sample(), locale=tag)).html
    assert f'<html lang="{lang}" dir="{direction}" ' in html


@pytest.mark.parametrize("language", i18n.LANGUAGES)
@pytest.mark.parametrize("kind", CUSTOMERS)
@pytest.mark.parametrize("name", [HOSTILE, ODD])
def test_a_hostile_name_is_only_text_in_every_language(language: str, kind: str, name: str) -> None:
    email = replace(
        SAMPLES[kind],
        locale=language,
        customer_name=name,
        issuer_name=name,
        invoice_number=name,
        issuer_email=name,
    )
    if isinstance(email, InvoiceEmail):
        line = EmailLine(name, Decimal(1), Decimal(1), Money(1, "AUD"), GST)
        email = replace(email, tax_name=name, lines=(line,))
    if isinstance(email, ReceiptEmail):
        email = replace(email, receipt_number=name, method=f"{name} ending {name}")
    if isinstance(email, RefundEmail):
        email = replace(email, credit_note=name, reason=name)
    if isinstance(email, StatementEmail):
        email = replace(email, invoices=tuple(replace(one, number=name) for one in email.invoices))
    _, text, html = shown(email)
    plain = " ".join(name.split())
    assert html.count(plain) >= 4
    assert text.count(plain) >= 4
    assert not {"script", "img", "b"} & set(Reader(RENDERER.render(email).html).tags)


@pytest.mark.parametrize("language", TRANSLATED)
def test_the_documents_speak_the_language(language: str) -> None:
    words = i18n.translations(language).gettext
    for document, texts in (
        (replace(INVOICE, locale=language), ("Due date", "Total", "Pay Invoice Online", "Billed to", "Qty")),
        (replace(RECEIPT, locale=language), ("Receipt", "Received from", "Paid on", "Balance remaining")),
        (replace(CREDIT_NOTE, locale=language), ("Total credit", "Issued to", "Reason", "Invoice total")),
    ):
        printed = re.sub(r"\W", "", text_of(PDFS.render(document)))
        if language != "ar":  # pdftotext gives Arabic letters in their printed forms
            assert [text for text in texts if re.sub(r"\W", "", words(text)) not in printed] == []
        assert "Receivedfrom" not in printed
        assert "Billedto" not in printed
        assert "Page1" not in printed or language == "fr"


def test_a_tax_invoice_under_gst_keeps_the_words_that_the_law_wants() -> None:
    assert "Tax Invoice" in text_of(PDFS.render(replace(INVOICE, locale="de")))
    assert "Tax Invoice" not in text_of(PDFS.render(replace(INVOICE, locale="de", tax_name="MwSt.")))
    assert text_of(PDFS.render(INVOICE)).count("Tax Invoice") == 1
    assert "Adjustment Note" in text_of(PDFS.render(replace(CREDIT_NOTE, locale="de")))
    assert "Adjustment Note" not in text_of(PDFS.render(replace(CREDIT_NOTE, locale="de", adjustment=False)))
    assert text_of(PDFS.render(CREDIT_NOTE)).count("Adjustment Note") == 1


@pytest.mark.parametrize(
    ("method", "german"),
    [
        ("Visa ending 4242", "Visa mit Endziffern 4242"),
        ("Bank debit ending 6789", "Lastschrift mit Endziffern 6789"),
        ("Bank transfer", "\u00dcberweisung"),
        ("Bank transfer, Visa ending 77, INV 502", "Überweisung, Visa ending 77, INV 502"),
        ("Cheque", "Scheck"),
        ("", "Online-Zahlung"),
        ("link", "link"),
        ("Invoice", "Invoice"),
    ],
)
def test_the_method_of_a_payment_is_told_in_the_readers_words(method: str, german: str) -> None:
    assert formats.method(method, "de-AT") == german
    assert formats.method(method, "en") == (method or "online payment")


def page(source: str, **context: object) -> str:
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    equip(environment)
    return environment.from_string(source).render(context)


def test_a_template_without_a_locale_speaks_english() -> None:
    assert page("{{ _('Total:') }}") == "Total:"


def test_a_page_may_set_its_locale_itself() -> None:
    assert page("{% set locale = 'de' %}{% block a %}{{ _('Total:') }}{% endblock %}") == "Gesamtbetrag:"


def test_a_trans_block_speaks_the_locale_and_escapes_what_it_shows() -> None:
    source = "{% trans number=n %}\n  Invoice #{{ number }}\n{% endtrans %}"
    assert page(source, locale="de", n="<1>%s") == "Rechnung &lt;1&gt;%s"


def test_a_value_that_is_missing_fails_and_is_not_shown_as_nothing() -> None:
    with pytest.raises(jinja2.UndefinedError):
        page("{{ _('Dear %(customer)s,', customer=customer_name) }}", locale="de")


def test_a_date_that_is_missing_is_named_and_never_becomes_today() -> None:
    with pytest.raises(jinja2.UndefinedError, match="due"):
        page("{{ due|date('en') }}")
    with pytest.raises(AttributeError):
        page("{{ due|date('en') }}", due=None)


def test_numbers_and_names_keep_their_own_direction_in_arabic_only() -> None:
    assert formats.apart("2026-07", "de") == "2026-07"
    assert formats.apart("2026-07", "ar") == "\u20682026-07\u2069"
    assert formats.apart("1 High St\nSydney", "ar") == "\u20681 High St\u2069\n\u2068Sydney\u2069"
    assert formats.money(Money(100, "AUD"), "ar") == "\u2068AUD 1.00\u2069"


@pytest.mark.parametrize(
    ("currency", "locale", "said"),
    [
        ("AUD", "fr", "AUD 1,00"), ("KWD", "ar", "KWD 0.100"), ("JPY", "ar", "JPY 100"),
        ("JPY", "ja", "JPY 100"),
        ("EUR", "de", "EUR 1,00"), ("EUR", "fr-CA", "EUR 1,00"), ("CHF", "de-CH", "CHF 1.00"),
    ],
)  # fmt: skip
def test_an_amount_has_its_code_once_and_a_sign_only_before_the_number(
    currency: str, locale: str, said: str
) -> None:
    text = formats.money(Money(100, currency), locale).translate(ISOLATES)
    assert text.replace("\u00a0", " ").replace("\u202f", " ") == said


@pytest.mark.parametrize(("locale", "said"), [("en-AU", "10%"), ("de", "10\u00a0%"), ("ja", "10%")])
def test_a_rate_is_written_as_the_language_writes_it(locale: str, said: str) -> None:
    assert formats.rate(Decimal(10), locale) == said


@pytest.mark.parametrize("tag", sorted(i18n.LANGUAGES))
def test_an_amount_is_shown_with_all_its_decimals_in_every_currency(tag: str) -> None:
    for currency in sorted(CURRENCIES):
        digits = exponent(currency)
        said = re.findall(r"\d+", formats.money(Money(10**digits * 7 + (5 if digits else 0), currency), tag))
        assert [int(part) for part in said] == ([7, 5] if digits else [7]), currency
        assert [len(part) for part in said[1:]] == ([digits] if digits else []), currency
