"""The logos of issuers, by their digest."""

from sqlalchemy.orm import Session, object_session

from paymail.errors import NotFound
from paymail.models import Issuer, IssuerLogo

MOST_REMEMBERED = 128
_remembered: dict[str, bytes] = {}
"""By digest, so never out of date: an email does not ask the database for its logo once more."""


class NoSuchLogo(NotFound):
    """No logo has this digest."""

    code = "no_such_logo"


def logo(session: Session, *, sha256: str) -> bytes:
    """Return the PNG of a digest. Raises NoSuchLogo."""
    known = _remembered.get(sha256)
    if known is not None:
        return known
    found = session.get(IssuerLogo, sha256)
    if found is None:
        raise NoSuchLogo("there is no such logo")
    if len(_remembered) >= MOST_REMEMBERED:
        _remembered.clear()
    _remembered[sha256] = found.content
    return found.content


def logo_of(issuer: Issuer) -> bytes:
    """Return the PNG of an issuer's logo, empty without one: no email waits for a picture."""
    session = object_session(issuer)
    if not issuer.logo_sha256 or session is None:
        return b""
    try:
        return logo(session, sha256=issuer.logo_sha256)
    except NoSuchLogo:
        return b""


def logo_path(issuer: Issuer) -> str:
    """Return where our pages have an issuer's logo, empty without one."""
    return f"/brand/{issuer.logo_sha256}.png" if issuer.logo_sha256 else ""
