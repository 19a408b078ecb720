"""Logging in: the password is checked between two transactions, and the session is made in the second."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from paymail.clock import new_secret
from paymail.errors import Denied
from paymail.models import StaffSession, StaffUser
from paymail.services.access.password_hasher import PasswordHasher
from paymail.services.access.staff import digest
from paymail.services.core.contexts import Context


class LoginRefused(Denied):
    """Address or password is wrong; which one is not said."""

    code = "login_refused"


@dataclass(frozen=True, slots=True)
class LoginContext(Context):
    """What checking and setting passwords are given."""

    reading: Callable[[], AbstractContextManager[Session]]
    hasher: PasswordHasher


@dataclass(frozen=True, slots=True)
class Login:
    """A fresh session: the cookie's secret, shown once."""

    secret: str = field(repr=False)


def account_of(email: str) -> str:
    """Return an email as accounts are found by it."""
    return email.strip().lower()


def log_in(context: LoginContext, *, email: str, password: str, lifetime: timedelta) -> Login:
    """Check a password and open a session. Raises LoginRefused."""
    account = account_of(email)
    with context.reading() as session:
        kept = session.scalar(select(StaffUser.password_hash).where(StaffUser.email == account))
    # Who was invited and has set no password yet has an empty hash, which matches nothing.
    if not context.hasher.matches(password, kept or None):
        raise _refusal()
    with context.transaction() as session:
        return _open_session(session, account, kept, context.now(), lifetime)


def _open_session(
    session: Session, account: str, kept: str | None, now: datetime, lifetime: timedelta
) -> Login:
    # The password may have been changed while this one was checked. The lock keeps a change that is under way
    # out until this session is there to be ended by it.
    user = session.scalars(
        select(StaffUser)
        .where(StaffUser.email == account, StaffUser.password_hash == kept, StaffUser.disabled_at.is_(None))
        .with_for_update()
    ).one_or_none()
    if user is None:
        raise _refusal()
    secret = new_secret()
    session.add(
        StaffSession(
            secret_sha256=digest(secret),
            user_id=user.user_id,
            csrf=new_secret(24),
            created_at=now,
            expires_at=now + lifetime,
        )
    )
    return Login(secret)


def _refusal() -> LoginRefused:
    return LoginRefused("incorrect email or password")
