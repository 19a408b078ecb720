"""Sessions of staff, kept as hashes, each with its CSRF token."""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from paymail.errors import Denied
from paymail.models import StaffRole, StaffSession, StaffUser
from paymail.services.access.roles import Roles, roles_of

NO_ROLES = Roles()


class BadCsrf(Denied):
    """The form did not come from a page of this session."""

    code = "bad_csrf"


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who is logged in."""

    email: str
    csrf: str
    user_id: int = 0
    roles: Roles = NO_ROLES
    must_enrol: bool = False
    """An admin requires a second factor, and there is none yet: only the own account is open."""


def digest(secret: str) -> str:
    """Return what is kept of a session's secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


def visitor(session: Session, *, secret: str, now: datetime) -> Visitor | None:
    """Return who a cookie's secret belongs to, or None."""
    rows = session.execute(
        select(StaffUser, StaffSession.csrf, StaffRole.issuer_id, StaffRole.role)
        .join(StaffUser, StaffUser.user_id == StaffSession.user_id)
        .outerjoin(StaffRole, StaffRole.user_id == StaffUser.user_id)
        .where(
            StaffSession.secret_sha256 == digest(secret),
            StaffSession.expires_at > now,
            StaffSession.code_due.is_(False),
            StaffUser.disabled_at.is_(None),
        )
    ).all()
    if not rows:
        return None
    user, csrf, *_ = rows[0]
    held = roles_of((row.issuer_id, row.role) for row in rows)
    must_enrol = user.totp_required and user.totp_secret is None
    return Visitor(user.email, csrf, user.user_id, held, must_enrol)


def check_csrf(person: Visitor, given: str) -> None:
    """Raise BadCsrf unless `given` is the session's token."""
    if not hmac.compare_digest(person.csrf.encode(), given.encode()):
        raise BadCsrf("this form has expired; please reload the page")


def sessions_of(session: Session, *, user_id: int, now: datetime) -> list[StaffSession]:
    """Return where a person is signed in, the newest first."""
    alive = StaffSession.user_id == user_id, StaffSession.expires_at > now, StaffSession.code_due.is_(False)
    return list(session.scalars(select(StaffSession).where(*alive).order_by(StaffSession.created_at.desc())))


def log_out_everywhere(session: Session, *, user_id: int) -> None:
    """End all sessions of a person."""
    session.execute(delete(StaffSession).where(StaffSession.user_id == user_id))


def log_out_elsewhere(session: Session, *, user_id: int, secret: str) -> None:
    """End all sessions of a person but the one of the cookie's secret."""
    others = StaffSession.user_id == user_id, StaffSession.secret_sha256 != digest(secret)
    session.execute(delete(StaffSession).where(*others))


def log_out(session: Session, *, secret: str) -> None:
    """End a session."""
    session.execute(delete(StaffSession).where(StaffSession.secret_sha256 == digest(secret)))
