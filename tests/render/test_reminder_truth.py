"""No reminder says of its day what is not so, in any tone and language, with a plan or without."""

from dataclasses import replace
from datetime import timedelta
from gettext import NullTranslations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paymail.emails import ReminderEmail, Tone
from paymail.i18n import LANGUAGES, translations
from paymail.money import Obstacle
from paymail.render import formats
from paymail.render.email import JinjaEmailRenderer
from paymail.wiring import TEMPLATES

RENDERER = JinjaEmailRenderer(TEMPLATES)
BEFORE, ON, AFTER = (-1,), (0,), (1,)
CLAIMS = {
    "This is a friendly reminder that invoice #%(number)s is due on %(date)s.": BEFORE,
    "Due soon: invoice #%(number)s, %(amount)s on %(date)s": BEFORE,
    "Invoice #%(number)s is due soon": BEFORE,
    "Invoice #%(number)s is due today, %(date)s.": ON,
    "Due today: invoice #%(number)s, %(amount)s": ON,
    "Now due: invoice #%(number)s, %(amount)s": AFTER,
    "Invoice #%(number)s was due on %(date)s.": AFTER,
    "Invoice #%(number)s is overdue": AFTER,
    "Reminder: invoice #%(number)s is overdue, %(amount)s": AFTER,
    "This is a friendly reminder that instalment %(part)s of invoice #%(number)s is due on %(date)s.": BEFORE,
    "Due soon: instalment %(part)s of invoice #%(number)s, %(amount)s on %(date)s": BEFORE,
    "Instalment %(part)s of invoice #%(number)s is due soon": BEFORE,
    "Instalment %(part)s of invoice #%(number)s is due today, %(date)s.": ON,
    "Due today: instalment %(part)s of invoice #%(number)s, %(amount)s": ON,
    "Now due: instalment %(part)s of invoice #%(number)s, %(amount)s": AFTER,
    "Instalment %(part)s of invoice #%(number)s was due on %(date)s and has not been paid in full.": AFTER,
    "Instalment %(part)s of invoice #%(number)s is overdue": AFTER,
}
"""What a reminder can say of its day, and the sign of the days on which it is so."""


def said(email: ReminderEmail) -> str:
    rendered = RENDERER.render(email)
    return f"{rendered.subject}\n{rendered.text}"


def email_of(tone: Tone, days: int, language: str, *, plan: bool) -> ReminderEmail:
    sample = ReminderEmail.sample(tone)
    more = {"instalment": 2, "instalments": 3} if plan else {}
    # A code to verify may hold what reads like days below zero.
    return replace(sample, locale=language, days_overdue=days, verify_code="", **more)  # type: ignore[arg-type]


def claim(words: NullTranslations, pattern: str, email: ReminderEmail) -> str:
    tag = email.locale
    return words.gettext(pattern) % {
        "number": formats.apart(email.invoice_number, tag),
        "part": email.instalment,
        "date": formats.long_date(email.due, tag),
        "amount": formats.money(email.asked, tag),
    }


@given(
    tone=st.sampled_from(list(Tone)),
    days=st.one_of(st.integers(-60, 365), st.sampled_from([-1, 0, 1, 2])),
    language=st.sampled_from(LANGUAGES),
    plan=st.booleans(),
)
def test_a_reminder_says_of_its_day_what_is_so(tone: Tone, days: int, language: str, plan: bool) -> None:
    email = email_of(tone.or_fitting(days), days, language, plan=plan)
    text, words = said(email), translations(language)
    sign = (days > 0) - (days < 0)
    for pattern, signs in CLAIMS.items():
        if sign not in signs:
            assert claim(words, pattern, email) not in text, pattern
    assert f"-{abs(days)}" not in text or days >= 0
    assert f"\N{MINUS SIGN}{abs(days)}" not in text


@pytest.mark.parametrize("tone", list(Tone))
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("plan", [False, True])
def test_the_claims_are_those_of_the_templates(tone: Tone, language: str, plan: bool) -> None:
    days = {Tone.UPCOMING: -3, Tone.DUE: 0}.get(tone, 7)
    email = email_of(tone, days, language, plan=plan)
    sign = (days > 0) - (days < 0)
    found = [pattern for pattern in CLAIMS if claim(translations(language), pattern, email) in said(email)]
    assert all(sign in CLAIMS[pattern] for pattern in found)
    assert found or (tone in (Tone.FIRM, Tone.FINAL) and not plan)
    assert plan is any("nstalment" in pattern for pattern in found)


def test_of_what_no_card_can_be_charged_a_reminder_does_not_say_that_it_is_paid_online() -> None:
    sample = ReminderEmail.sample(Tone.DUE)
    assert "You can pay it online in a minute." in said(sample)
    assert "online in a minute" not in said(replace(sample, not_online=Obstacle.BELOW_MINIMUM))


def test_every_day_has_a_tone_and_the_nearest_takes_over() -> None:
    assert Tone.fitting(-14) == (Tone.UPCOMING,)
    assert Tone.fitting(0) == (Tone.DUE,)
    assert Tone.fitting(1) == (Tone.DUE, Tone.FRIENDLY, Tone.FIRM, Tone.FINAL)
    assert Tone.UPCOMING.or_fitting(2) is Tone.DUE
    assert Tone.FIRM.or_fitting(-14) is Tone.UPCOMING
    assert Tone.FIRM.or_fitting(14) is Tone.FIRM


def test_the_sample_of_each_tone_is_of_a_day_that_it_fits() -> None:
    for email in ReminderEmail.samples():
        assert email.tone.fits(email.days_overdue)
        assert email.due + timedelta(days=email.days_overdue)
