"""A reminder speaks in a tone that is true on its day, whoever chose it and however long it waited."""

from dataclasses import replace

import pytest
from sqlalchemy import Engine

from paymail.emails import Tone
from paymail.ports.mail import Outcome, Verdict
from paymail.ports.rendering import Letter, Written
from paymail.services.delivery import deliveries
from paymail.services.reminders import by_hand, ladder, preferences
from paymail.services.reminders.by_hand import ToneDoesNotFit
from paymail.services.reminders.ladder import BadLadder, tone_for
from tests.factories import PlainWriter
from tests.services.emailed_invoice import SYDNEY, EmailedInvoice


class TemplateWriter(PlainWriter):
    """Writes which templates it was to use, and of which day, instead of their words."""

    def write(self, letter: Letter) -> Written:
        written = super().write(letter)
        used = f"{letter.email.template} {letter.date.astimezone(SYDNEY):%d}"
        return replace(written, subject=used, mime=written.mime + used.encode())


@pytest.fixture
def emailed(engine: Engine) -> EmailedInvoice:
    made = EmailedInvoice(engine)
    made.context = replace(made.context, writer=TemplateWriter())
    return made


def ask(emailed: EmailedInvoice, tone: Tone | None = None) -> str:
    with emailed.context.transaction() as session:
        by_hand.remind_by_hand(session, invoice_id=502, tone=tone, actor="amy", now=emailed.clock)
    return emailed.message().tone


@pytest.mark.parametrize(
    ("day", "tone", "reason"),
    [
        ("2026-03-28", Tone.FIRM, "the tone firm does not fit: the invoice is not due yet; choose upcoming"),
        ("2026-04-11", Tone.UPCOMING, "the tone upcoming does not fit: the invoice is due today; choose due"),
        (
            "2026-04-12",
            Tone.UPCOMING,
            "the tone upcoming does not fit: the invoice is overdue; choose due, friendly, firm, final",
        ),
    ],
)
def test_a_tone_against_the_date_is_refused_with_those_that_fit(
    emailed: EmailedInvoice, day: str, tone: Tone, reason: str
) -> None:
    emailed.at(f"{day}T10:00")
    with pytest.raises(ToneDoesNotFit) as refused:
        ask(emailed, tone)
    assert str(refused.value) == reason


@pytest.mark.parametrize(
    ("day", "tone"),
    [
        ("2026-03-28", "upcoming"),
        ("2026-04-11", "due"),
        ("2026-04-13", "due"),
        ("2026-04-19", "friendly"),
        ("2026-05-30", "final"),
    ],
)
def test_without_a_tone_it_speaks_as_the_ladder_does_on_the_day(
    emailed: EmailedInvoice, day: str, tone: str
) -> None:
    emailed.at(f"{day}T10:00")
    assert ask(emailed) == tone


def test_a_ladder_of_other_tones_chooses_among_those_that_fit() -> None:
    assert tone_for(ladder.parse("2:final"), 1) is Tone.DUE
    assert tone_for(ladder.parse("-5:upcoming, 3:firm"), 4) is Tone.FIRM
    assert tone_for(ladder.parse("-5:upcoming"), 4) is Tone.DUE


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("7:upcoming", "upcoming does not fit 7 days after the due date; choose due, friendly, firm, final"),
        ("-1:firm", "firm does not fit 1 day before the due date; choose upcoming"),
        ("0:friendly", "friendly does not fit the due date; choose due"),
    ],
)
def test_a_ladder_whose_tones_contradict_its_days_is_refused(
    emailed: EmailedInvoice, text: str, reason: str
) -> None:
    with emailed.context.transaction() as session, pytest.raises(BadLadder) as refused:
        preferences.set_up_customer(session, customer_id=1, ladder_text=text, actor="ann", now=emailed.clock)
    assert str(refused.value) == reason


def test_one_that_was_set_before_goes_out_in_a_tone_that_fits(emailed: EmailedInvoice) -> None:
    emailed.set(ladder="-3:firm")
    emailed.at("2026-04-08T09:00").turn()
    (message,) = emailed.messages("reminder")
    assert message.tone == "firm"
    assert message.subject.startswith("reminder_upcoming")


def test_what_waited_until_the_next_day_is_written_again(emailed: EmailedInvoice) -> None:
    emailed.mailer.outcomes.append(Outcome(Verdict.DEFERRED, detail="greylisted"))
    emailed.at("2026-04-10T23:55")
    ask(emailed, Tone.UPCOMING)
    deliveries.sweep(emailed.context)
    first = emailed.message().mime_sha256
    emailed.at("2026-04-11T00:30")
    deliveries.sweep(emailed.context)
    sent = emailed.message()
    assert sent.state == "sent"
    assert sent.mime_sha256 != first
    assert sent.subject.startswith("reminder_due")


def test_one_that_was_due_before_midnight_is_written_of_the_day_on_which_it_is_written(
    emailed: EmailedInvoice,
) -> None:
    emailed.at("2026-04-10T23:50")
    ask(emailed)
    emailed.at("2026-04-11T00:10")
    deliveries.sweep(emailed.context)
    assert emailed.message().subject == "reminder_due 11"
