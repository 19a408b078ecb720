"""The emails that go out in a company's own words."""

from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from paymail.documents import Document
from paymail.emails.own_words import OwnWords
from paymail.models import Customer, Wording
from paymail.ports.mail import Outcome, Verdict
from paymail.render.letter_writer import LetterWriter
from paymail.services.delivery import deliveries
from paymail.wiring import TEMPLATES
from tests.services.emailed_invoice import EmailedInvoice

WORDS = OwnWords("Rechnung {{ number }}", "", "Guten Tag, {{ customer_name }}", "Ihr Team von {{ company }}")


class NoPdf:
    """Draws nothing: the PDFs are not looked at here."""

    def render(self, document: Document) -> bytes:
        return f"%PDF-{document.filename}".encode()


WRITER = LetterWriter(TEMPLATES, NoPdf())


@pytest.fixture
def emailed(engine: Engine) -> EmailedInvoice:
    """Invoice 502 to a customer who reads German."""
    made = EmailedInvoice(engine)
    made.context = replace(made.context, writer=WRITER)

    def german(session: Session) -> None:
        session.get_one(Customer, 1).locale = "de-AT"

    made.change(german)
    return made


def say(emailed: EmailedInvoice, words: OwnWords, language: str = "de", version: int = 1) -> None:
    """Put a version into the database, whether it could be saved or not."""
    emailed.change(
        lambda session: session.add(
            Wording(
                issuer_id=1,
                template="invoice",
                language=language,
                version=version,
                at=emailed.clock,
                actor="ann",
                **words.parts,
            )
        )
    )


def sent(emailed: EmailedInvoice, at: int = -1) -> tuple[str, str, str]:
    """Return the subject, text and HTML of an email that was handed over."""
    mail = message_from_bytes(emailed.mailer.delivered[at].mime, policy=policy.default)
    assert isinstance(mail, EmailMessage)
    text, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert text is not None
    assert html is not None
    return str(mail["Subject"]), text.get_content(), html.get_content()


def test_an_email_goes_out_in_the_newest_words_of_its_language(emailed: EmailedInvoice) -> None:
    say(emailed, OwnWords(opening="Older"))
    say(emailed, WORDS, version=2)
    say(emailed, OwnWords(opening="In English"), "en")
    emailed.send()
    deliveries.sweep(emailed.context)
    subject, text, html = sent(emailed)
    assert subject == "Rechnung 502"
    for part in (text, html):
        assert "Guten Tag, The Vacuum Shop" in part
        assert "Ihr Team von Southern IT Services Pty Ltd" in part
        assert "Older" not in part
        assert "In English" not in part
    assert emailed.message().subject == "Rechnung 502"


def test_what_was_written_before_keeps_its_bytes(emailed: EmailedInvoice) -> None:
    emailed.mailer.outcomes = [Outcome(Verdict.DEFERRED, 451, "later", "dot")]
    say(emailed, WORDS)
    emailed.send()
    deliveries.sweep(emailed.context)
    say(emailed, OwnWords(subject="Other words"), version=2)
    emailed.clock = emailed.message().next_at
    deliveries.sweep(emailed.context)
    assert emailed.message().subject == "Rechnung 502"
    assert emailed.mailer.delivered[0].mime == emailed.mailer.delivered[1].mime


def test_words_that_cannot_be_used_lose_no_email_and_staff_are_told_once(emailed: EmailedInvoice) -> None:
    say(emailed, OwnWords(subject="{{ gone }}"))
    for _ in range(2):
        emailed.send(again=bool(emailed.mailer.delivered))
        while deliveries.sweep(emailed.context):
            pass
    assert sent(emailed, 0)[0].startswith("Rechnung 502 von Southern IT Services Pty Ltd")
    (notice,) = emailed.messages("notice")
    assert "Your own words cannot be used in the email invoice" in notice.detail
    assert "{{ gone }} is not a placeholder" in notice.detail
