"""Finding and making issuers."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from paymail.errors import Conflict, InvalidInput, NotFound
from paymail.models import Issuer


class NoSuchIssuer(NotFound):
    """No issuer has this id or name."""

    code = "no_such_issuer"


class WhichIssuer(InvalidInput):
    """Several issuers exist and none was named."""

    code = "which_issuer"


class IssuerExists(Conflict):
    """An issuer has this name already."""

    code = "issuer_exists"


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
        raise WhichIssuer("there is more than one issuer; choose one with --issuer, or `issuer` in the API")
    return found[0]


def all_issuers(session: Session) -> list[Issuer]:
    """Return every issuer, the oldest first."""
    return list(session.scalars(select(Issuer).order_by(Issuer.issuer_id)))


def create_issuer(session: Session, *, name: str, email: str, now: datetime, **details: str | bool) -> Issuer:
    """Make an issuer. Raises IssuerExists."""
    found = _named(session, name)
    if found is not None:
        raise IssuerExists(
            f"there is an issuer of this name already, with the id {found.issuer_id}; nothing was changed"
        )
    made = Issuer(name=name, email=email, created_at=now, **details)
    session.add(made)
    session.flush()
    return made


def ensure_issuer(session: Session, *, name: str, email: str, now: datetime, **details: str | bool) -> Issuer:
    """Return the issuer of this name, making it if it is new."""
    return _named(session, name) or create_issuer(session, name=name, email=email, now=now, **details)


def _named(session: Session, name: str) -> Issuer | None:
    return session.scalars(select(Issuer).where(Issuer.name == name)).one_or_none()
