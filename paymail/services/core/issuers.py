"""Finding and making issuers."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from paymail.errors import InvalidInput, NotFound
from paymail.models import Issuer


class NoSuchIssuer(NotFound):
    """No issuer has this id or name."""

    code = "no_such_issuer"


class WhichIssuer(InvalidInput):
    """Several issuers exist and none was named."""

    code = "which_issuer"


def find_issuer(session: Session, *, ref: str = "") -> Issuer:
    """Return the issuer of an id or name; without one, the only issuer there is."""
    statement = select(Issuer)
    if ref:
        matches = Issuer.issuer_id == int(ref) if ref.isdecimal() else Issuer.name == ref
        statement = statement.where(matches)
    found = list(session.scalars(statement.limit(2)))
    if not found:
        raise NoSuchIssuer("issuer not found; `paymail issuers add` creates one")
    if len(found) > 1:
        raise WhichIssuer("there is more than one issuer; choose one with --issuer")
    return found[0]


def all_issuers(session: Session) -> list[Issuer]:
    """Return every issuer, the oldest first."""
    return list(session.scalars(select(Issuer).order_by(Issuer.issuer_id)))


def ensure_issuer(session: Session, *, name: str, email: str, now: datetime, **details: str) -> Issuer:
    """Return the issuer of this name, making it if it is new."""
    found = session.scalars(select(Issuer).where(Issuer.name == name)).one_or_none()
    if found is None:
        found = Issuer(name=name, email=email, created_at=now, **details)
        session.add(found)
        session.flush()
    return found
