"""A company's own words: saved in versions, never one that cannot be rendered, and told to all staff."""

import pytest
from sqlalchemy import Engine, select

from paymail import db
from paymail.emails.own_words import OwnWords
from paymail.models import Issuer, IssuerChange, Message, MessageKind
from paymail.render.email import JinjaEmailRenderer
from paymail.services.issuers import wording
from paymail.services.issuers.wording import BadWording, NoSuchWording, WordingOvertaken
from paymail.wiring import TEMPLATES
from tests.factories import NOW, make_invoice

RULES = JinjaEmailRenderer(TEMPLATES)
HELLO = OwnWords(opening="Hello {{ customer_name }}")


@pytest.fixture
def company(engine: Engine) -> Engine:
    with db.transaction(engine) as session:
        make_invoice(session)
    return engine


def save(
    engine: Engine,
    words: OwnWords,
    template: str = "invoice",
    language: str = "en",
    *,
    seen: int | None = None,
    actor: str = "Ann",
) -> int | None:
    """Save words; return the number of the version, None where nothing changed."""
    with db.transaction(engine) as session:
        made = wording.save(
            session,
            issuer=session.get_one(Issuer, 1),
            template=template,
            language=language,
            words=words,
            rules=RULES,
            actor=actor,
            now=NOW,
            seen=seen,
        )
        return made.version if made else None


def back(engine: Engine, version: int) -> int | None:
    with db.transaction(engine) as session:
        made = wording.go_back(
            session,
            issuer=session.get_one(Issuer, 1),
            template="invoice",
            language="en",
            version=version,
            rules=RULES,
            actor="Bob",
            now=NOW,
        )
        return made.version if made else None


def rows(engine: Engine) -> list[tuple[int, str, str]]:
    with db.reading(engine) as session:
        found = wording.versions(session, issuer_id=1, template="invoice", language="en")
        return [(one.version, one.opening, one.actor) for one in found]


def test_each_save_is_a_version_and_going_back_is_another(company: Engine) -> None:
    assert save(company, HELLO) == 1
    assert save(company, OwnWords(opening="Good day"), actor="Bob") == 2
    assert back(company, 1) == 3
    assert rows(company) == [
        (3, "Hello {{ customer_name }}", "Bob"),
        (2, "Good day", "Bob"),
        (1, "Hello {{ customer_name }}", "Ann"),
    ]


def test_no_text_at_all_is_paymails_words_again(company: Engine) -> None:
    save(company, HELLO)
    assert back(company, 0) == 2
    assert rows(company)[0] == (2, "", "Bob")
    with db.reading(company) as session:
        assert wording.overview(session, issuer_id=1) == {}
    assert back(company, 0) is None


def test_the_same_words_again_make_no_version(company: Engine) -> None:
    assert save(company, OwnWords()) is None
    assert save(company, HELLO) == 1
    assert save(company, OwnWords(opening=" Hello {{ customer_name }} \r\n\r\n"), seen=0) is None


def test_blank_ends_of_lines_and_needless_empty_lines_are_not_kept(company: Engine) -> None:
    save(company, OwnWords(opening="One  \r\n\r\n\r\n\r\nTwo\tthree"))
    assert rows(company)[0][1] == "One\n\nTwo three"


def test_what_cannot_be_rendered_is_refused_with_every_fault_by_its_part(company: Engine) -> None:
    bad = OwnWords(subject="{{ pay_url }}", opening="Hello", closing="{{ ''.__class__ }}")
    with pytest.raises(BadWording) as refused:
        save(company, bad)
    assert set(refused.value.faults) == {"subject", "closing"}
    assert rows(company) == []


def test_an_email_or_a_language_that_there_is_not_is_refused(company: Engine) -> None:
    with pytest.raises(NoSuchWording, match="'notice' has no words of its own"):
        save(company, HELLO, "notice")
    with pytest.raises(NoSuchWording, match="'tlh' is not a language of emails"):
        save(company, HELLO, "invoice", "tlh")
    with pytest.raises(NoSuchWording, match="no version 7"):
        back(company, 7)


def test_who_did_not_see_the_newest_version_is_told_whose_it_is(company: Engine) -> None:
    save(company, HELLO, seen=0)
    with pytest.raises(WordingOvertaken, match="Ann saved version 1 since you opened the page"):
        save(company, OwnWords(opening="Mine"), seen=0, actor="Bob")
    assert save(company, OwnWords(opening="Mine"), seen=1, actor="Bob") == 2


def test_languages_and_emails_are_apart(company: Engine) -> None:
    save(company, HELLO)
    save(company, OwnWords(opening="Hallo"), language="de")
    save(company, OwnWords(closing="Bye"), "reminder_firm")
    with db.reading(company) as session:
        found = wording.overview(session, issuer_id=1)
    assert {place: one.version for place, one in found.items()} == {
        ("invoice", "en"): 1,
        ("invoice", "de"): 1,
        ("reminder_firm", "en"): 1,
    }


def test_a_change_is_in_the_history_and_all_staff_are_told_of_the_whole_text(company: Engine) -> None:
    save(company, HELLO)
    save(company, OwnWords(closing="Pay to account 123 456"))
    with db.reading(company) as session:
        last = session.scalars(select(IssuerChange).order_by(IssuerChange.change_id.desc())).first()
        told = session.scalars(select(Message).where(Message.kind == MessageKind.NOTICE)).all()
    assert last is not None
    assert (last.setting, last.actor) == ("wording", "Ann")
    assert "version 1: \nopening: Hello {{ customer_name }}" in last.old
    assert "version 2: \nclosing: Pay to account 123 456" in last.new
    assert len(told) == 2
    assert "Pay to account 123 456" in told[-1].detail
