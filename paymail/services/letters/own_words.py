"""Which of a company's own words an email is written with."""

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from paymail.emails import Email
from paymail.emails.own_words import PLACEHOLDERS, OwnWords
from paymail.i18n import language_of
from paymail.models import Wording
from paymail.services.core import read_ahead

_AHEAD = "own words"


def in_use(session: Session, *, issuer_id: int, template: str, language: str) -> Wording | None:
    """Return the newest version of a company's words for a template folder in a language; None: there is
    none."""
    known = read_ahead.known(session, _AHEAD).get(issuer_id)
    if known is not None:
        found: Wording | None = known.get((template, language))
        return found
    mine = select(Wording).where(
        Wording.issuer_id == issuer_id, Wording.template == template, Wording.language == language
    )
    return session.scalars(mine.order_by(Wording.version.desc()).limit(1)).one_or_none()


def read(session: Session, *, issuer_ids: Iterable[int]) -> None:
    """Read ahead the newest words of some companies."""
    found: dict[int, dict[tuple[str, str], Wording]] = {issuer_id: {} for issuer_id in issuer_ids}
    statement = select(Wording).where(Wording.issuer_id.in_(found)).order_by(Wording.version)
    for row in session.scalars(statement):
        found[row.issuer_id][row.template, row.language] = row
    read_ahead.keep(session, _AHEAD, found)


def of_email(session: Session, *, issuer_id: int, email: Email) -> tuple[OwnWords | None, int]:
    """Return the company's words for an email, and their version's id; None and 0 where it has none."""
    if email.template not in PLACEHOLDERS:
        return None, 0
    found = in_use(session, issuer_id=issuer_id, template=email.template, language=language_of(email.locale))
    return (words_of(found), found.wording_id) if found else (None, 0)


def words_of(row: Wording) -> OwnWords:
    """Return the texts of a version."""
    return OwnWords(row.subject, row.preheader, row.opening, row.closing)
