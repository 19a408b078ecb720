"""Sessions of staff, kept as hashes, each with its CSRF token."""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from paymail.errors import Denied
from paymail.models import StaffSession, StaffUser


class BadCsrf(Denied):
    """The form did not come from a page of this session."""

    code = "bad_csrf"


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who is logged in."""

    email: str
    csrf: str
    user_id: int = 0


def digest(secret: str) -> str:
    """Return what is kept of a session's secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


def visitor(session: Session, *, secret: str, now: datetime) -> Visitor | None:
    """Return who a cookie's secret belongs to, or None."""
    row = session.execute(
        select(StaffUser.email, StaffSession.csrf, StaffUser.user_id)
        .join(StaffUser, StaffUser.user_id == StaffSession.user_id)
        .where(
            StaffSession.secret_sha256 == digest(secret),
            StaffSession.expires_at > now,
            StaffUser.disabled_at.is_(None),
        )
    ).one_or_none()
    return Visitor(*row) if row else None


def check_csrf(person: Visitor, given: str) -> None:
    """Raise BadCsrf unless `given` is the session's token."""
    if not hmac.compare_digest(person.csrf.encode(), given.encode()):
        raise BadCsrf("this form has expired; please reload the page")


def log_out(session: Session, *, secret: str) -> None:
    """End a session."""
    session.execute(delete(StaffSession).where(StaffSession.secret_sha256 == digest(secret)))
