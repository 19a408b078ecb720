"""A company's own words in its emails: saving a version, going back to one, and paymail's words again.

What was written before keeps its bytes; what still waits is written with the version that is newest then.
"""

import re
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from paymail.emails.own_words import PLACEHOLDERS, OwnWords
from paymail.errors import Conflict, InvalidInput, NotFound
from paymail.i18n import LANGUAGES
from paymail.models import Issuer, Wording
from paymail.ports.rendering import WordingRules
from paymail.services.issuers import bank_changes
from paymail.services.issuers.setting_history import record
from paymail.services.issuers.staff_notice import tell_all
from paymail.services.letters.own_words import in_use, words_of

MOST_SHOWN = 50
_NO_TEXT = "paymail's words"
_PAYMAILS = OwnWords()


class NoSuchWording(NotFound):
    """No email that can have a company's own words has this name, or there is no such language or version."""

    code = "no_such_wording"


class BadWording(InvalidInput):
    """Some texts cannot be saved; nothing was."""

    code = "bad_wording"

    def __init__(self, faults: Mapping[str, str]) -> None:
        """`faults` say why, by part of the email."""
        super().__init__("; ".join(f"{part}: {why}" for part, why in faults.items()))
        self.faults = faults


class WordingOvertaken(Conflict):
    """Somebody else saved a version since these texts were begun; nothing was saved."""

    code = "changed_meanwhile"


def checked_place(template: str, language: str) -> None:
    """Raise NoSuchWording unless a company can have words of its own there."""
    if template not in PLACEHOLDERS:
        raise NoSuchWording(f"{template[:40]!r} has no words of its own; there are {', '.join(PLACEHOLDERS)}")
    if language not in LANGUAGES:
        raise NoSuchWording(f"{language[:20]!r} is not a language of emails; use {', '.join(LANGUAGES)}")


def tidied(words: OwnWords) -> OwnWords:
    """Return words without what nobody sees: blanks at the ends of lines, and more than one empty line."""
    return OwnWords(**{part: _tidy(text) for part, text in words.parts.items()})


def _tidy(text: str) -> str:
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ").split("\n")
    return re.sub(r"\n{3,}", "\n\n", "\n".join(line.rstrip(" ") for line in lines)).strip()


def save(
    session: Session,
    *,
    issuer: Issuer,
    template: str,
    language: str,
    words: OwnWords,
    rules: WordingRules,
    actor: str,
    now: datetime,
    seen: int | None = None,
) -> Wording | None:
    """Save words as the next version, which is in use at once; None where they are those in use already.

    No text at all: paymail's words are used again. `seen` is the version that whoever writes had before them.
    All staff are told, since a thief could write an account into a text.
    Raises NoSuchWording, BadWording, WordingOvertaken.
    """
    checked_place(template, language)
    wanted = tidied(words)
    if faults := rules.faults(wanted, template, language):
        raise BadWording(faults)
    bank_changes.lock(session, issuer)
    latest = in_use(session, issuer_id=issuer.issuer_id, template=template, language=language)
    if wanted == (words_of(latest) if latest else _PAYMAILS):
        return None
    if seen is not None and seen != (latest.version if latest else 0):
        by = f"{latest.actor} saved version {latest.version}" if latest else "another version was saved"
        raise WordingOvertaken(f"{by} since you opened the page. To replace that, save again")
    made = Wording(
        issuer_id=issuer.issuer_id,
        template=template,
        language=language,
        version=latest.version + 1 if latest else 1,
        at=now,
        actor=actor,
        **wanted.parts,
    )
    session.add(made)
    session.flush()
    _tell(session, issuer, latest, made)
    return made


def go_back(
    session: Session,
    *,
    issuer: Issuer,
    template: str,
    language: str,
    version: int,
    rules: WordingRules,
    actor: str,
    now: datetime,
    seen: int | None = None,
) -> Wording | None:
    """Save the words of an earlier version as the next one; of version 0, which are paymail's.

    None where they are in use already; `seen` as of `save`. Raises NoSuchWording, BadWording,
    WordingOvertaken.
    """
    checked_place(template, language)
    words = _PAYMAILS
    if version:
        words = words_at(
            session, issuer_id=issuer.issuer_id, template=template, language=language, version=version
        )
    return save(
        session,
        issuer=issuer,
        template=template,
        language=language,
        words=words,
        rules=rules,
        actor=actor,
        now=now,
        seen=seen,
    )


def words_at(
    session: Session, *, issuer_id: int, template: str, language: str, version: int | None
) -> OwnWords:
    """Return the words of a version; None: those in use, or paymail's. Raises NoSuchWording."""
    if version is None:
        latest = in_use(session, issuer_id=issuer_id, template=template, language=language)
        return words_of(latest) if latest else _PAYMAILS
    statement = _all(issuer_id, template, language).where(Wording.version == version)
    found = session.scalars(statement).one_or_none()
    if found is None:
        raise NoSuchWording(f"there is no version {version} of these words")
    return words_of(found)


def versions(session: Session, *, issuer_id: int, template: str, language: str) -> list[Wording]:
    """Return the newest versions, the one in use first."""
    mine = _all(issuer_id, template, language).order_by(Wording.version.desc())
    return list(session.scalars(mine.limit(MOST_SHOWN)))


def _all(issuer_id: int, template: str, language: str) -> Select[Wording]:
    return select(Wording).where(
        Wording.issuer_id == issuer_id, Wording.template == template, Wording.language == language
    )


def overview(session: Session, *, issuer_id: int) -> dict[tuple[str, str], Wording]:
    """Return what is in use of a company's own words, by template folder and language. One statement."""
    newest = (
        select(func.max(Wording.wording_id))
        .where(Wording.issuer_id == issuer_id)
        .group_by(Wording.template, Wording.language)
    )
    rows = session.scalars(select(Wording).where(Wording.wording_id.in_(newest)))
    return {(row.template, row.language): row for row in rows if words_of(row) != _PAYMAILS}


def _tell(session: Session, issuer: Issuer, old: Wording | None, new: Wording) -> None:
    before, after = (_said(one) for one in (old, new))
    record(session, issuer, "wording", (before, after), new.actor, new.at)
    tell_all(
        session,
        issuer,
        about="issuer wording",
        key=str(new.wording_id),
        headline=f"What {issuer.name} says in its emails was changed: {new.template}, {new.language}",
        detail=f"{after}\nBy: {new.actor}.\nIf nobody of you did it, go back to the version before; then"
        " change the passwords and revoke the API keys.",
        now=new.at,
    )


def _said(row: Wording | None) -> str:
    """Return a version as the history and the notice to staff have it."""
    if row is None:
        return ""
    texts = "".join(f"\n{part}: {text}" for part, text in words_of(row).parts.items() if text)
    return f"{row.template}, {row.language}, version {row.version}: {texts or _NO_TEXT}"
