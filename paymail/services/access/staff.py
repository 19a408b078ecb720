"""Staff logins: Argon2id passwords, sessions kept as hashes, CSRF tokens per session."""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from pwdlib import PasswordHash
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from paymail.clock import new_secret
from paymail.errors import Denied
from paymail.models import StaffSession, StaffUser

_HASHER = PasswordHash.recommended()


@cache
def _nobody() -> str:
    """A hash to verify when the address is unknown, so that both answers take the same time."""
    return _HASHER.hash("nobody has this password")


class LoginRefused(Denied):
    """Address or password is wrong; which one is not said."""

    code = "login_refused"


class BadCsrf(Denied):
    """The form did not come from a page of this session."""

    code = "bad_csrf"


@dataclass(frozen=True, slots=True)
class Login:
    """A fresh session: the cookie's secret, shown once."""

    secret: str


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who is logged in."""

    email: str
    csrf: str


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def set_password(session: Session, *, email: str, password: str, now: datetime) -> None:
    """Make a staff user, or give a known one a new password; a new one ends the old sessions."""
    address = email.strip().lower()
    user = session.scalars(select(StaffUser).where(StaffUser.email == address)).one_or_none()
    if user is None:
        session.add(StaffUser(email=address, password_hash=_HASHER.hash(password), created_at=now))
        return
    user.password_hash = _HASHER.hash(password)
    session.execute(delete(StaffSession).where(StaffSession.user_id == user.user_id))


def log_in(session: Session, *, email: str, password: str, now: datetime, lifetime: timedelta) -> Login:
    """Check a password and open a session. Raises LoginRefused."""
    address = email.strip().lower()
    user = session.scalars(select(StaffUser).where(StaffUser.email == address)).one_or_none()
    right = _HASHER.verify(password, user.password_hash if user else _nobody())
    if user is None or not right or user.disabled_at is not None:
        raise LoginRefused("incorrect email or password")
    secret = new_secret()
    session.add(
        StaffSession(
            secret_sha256=_digest(secret),
            user_id=user.user_id,
            csrf=new_secret(24),
            created_at=now,
            expires_at=now + lifetime,
        )
    )
    return Login(secret)


def visitor(session: Session, *, secret: str, now: datetime) -> Visitor | None:
    """Return who a cookie's secret belongs to, or None."""
    row = session.execute(
        select(StaffUser.email, StaffSession.csrf)
        .join(StaffUser, StaffUser.user_id == StaffSession.user_id)
        .where(
            StaffSession.secret_sha256 == _digest(secret),
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
    session.execute(delete(StaffSession).where(StaffSession.secret_sha256 == _digest(secret)))
