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
from paymail.services.access import sign_ins
from paymail.services.access.password_hasher import PasswordHasher
from paymail.services.access.second_factor import WrongCode, half_signed_in, use
from paymail.services.access.staff import digest, log_out
from paymail.services.core.contexts import Context

CODE_TIME = timedelta(minutes=10)
"""Between the password and the second factor."""


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
    code_due: bool = False
    """Whether it opens nothing before the second factor was given."""


def account_of(email: str) -> str:
    """Return an email as accounts are found by it."""
    return email.strip().lower()


def log_in(
    context: LoginContext, *, email: str, password: str, lifetime: timedelta, address: str = ""
) -> Login:
    """Check a password and open a session; the audit log says so, or that it failed. Raises LoginRefused.

    `address` is the network address that it comes from.
    """
    account = account_of(email)
    with context.reading() as session:
        kept = session.scalar(select(StaffUser.password_hash).where(StaffUser.email == account))
    # Who was invited and has set no password yet has an empty hash, which matches nothing.
    if context.hasher.matches(password, kept or None):
        with context.transaction() as session:
            found = _open_session(session, account, kept, context.now(), lifetime)
            if found is not None and not found.code_due:
                how = sign_ins.SIGNED_IN
                sign_ins.came_in(session, who=account, how=how, address=address, now=context.now())
        if found is not None:
            return found
    _note_failure(context, account, sign_ins.FAILED, address)
    raise LoginRefused("incorrect email or password")


def _note_failure(context: LoginContext, account: str, what: str, address: str) -> None:
    with context.transaction() as session:
        sign_ins.failed(session, account=account, what=what, address=address, now=context.now())


def _open_session(
    session: Session, account: str, kept: str | None, now: datetime, lifetime: timedelta
) -> Login | None:
    # The password may have been changed while this one was checked. The lock keeps a change that is under way
    # out until this session is there to be ended by it.
    user = session.scalars(
        select(StaffUser)
        .where(StaffUser.email == account, StaffUser.password_hash == kept, StaffUser.disabled_at.is_(None))
        .with_for_update()
    ).one_or_none()
    if user is None:
        return None
    due = user.totp_secret is not None
    return Login(_new_session(session, user.user_id, now, CODE_TIME if due else lifetime, code_due=due), due)


def give_code(
    context: LoginContext, *, secret: str, code: str, lifetime: timedelta, address: str = ""
) -> Login:
    """Finish signing in with the second factor: the session begins anew. Raises LoginRefused."""
    account = ""
    try:
        with context.transaction() as session:
            now = context.now()
            user = half_signed_in(session, secret=secret, now=now)
            if user is None:
                raise LoginRefused("this sign-in is over; begin again")
            account = user.email
            recovered = use(session, user, code=code, now=now)
            log_out(session, secret=secret)
            how = sign_ins.WITH_RECOVERY if recovered else sign_ins.WITH_CODE
            sign_ins.came_in(session, who=account, how=how, address=address, now=now)
            return Login(_new_session(session, user.user_id, now, lifetime))
    except WrongCode as error:
        _note_failure(context, account, sign_ins.CODE_REFUSED, address)
        raise LoginRefused(str(error)) from error


def _new_session(
    session: Session, user_id: int, now: datetime, lifetime: timedelta, *, code_due: bool = False
) -> str:
    secret = new_secret()
    session.add(
        StaffSession(
            secret_sha256=digest(secret),
            user_id=user_id,
            csrf=new_secret(24),
            created_at=now,
            expires_at=now + lifetime,
            code_due=code_due,
        )
    )
    return secret
