"""The second factor: six digits of an app (TOTP, RFC 6238), each accepted once, or a recovery code."""

import hashlib
import hmac
from datetime import datetime, timedelta

import pyotp
from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.orm import Session

from paymail.clock import new_recovery_code, new_totp_secret
from paymail.errors import Conflict, InvalidInput
from paymail.models import RecoveryCode, StaffSession, StaffUser
from paymail.services.access.staff import digest, log_out_elsewhere

_SECONDS = 30
_AROUND = (-1, 0, 1)
"""Steps of which the code is accepted: clocks of phones differ (RFC 6238, section 5.2)."""
CODES = 10
SETTLED = timedelta(hours=48)
"""How old a factor must be to stand in for the wait of a change of bank details: a thief could make one."""


class WrongCode(InvalidInput):
    """The code is wrong, too old, or was used already; which one is not said."""

    code = "wrong_code"


class NoSecondFactor(Conflict):
    """The act needs a second factor, and the person has none."""

    code = "no_second_factor"


class FactorRequired(Conflict):
    """An admin requires the second factor of this person."""

    code = "factor_required"


class FactorOn(Conflict):
    """There is a second factor already; whoever wants another turns that off first, which asks for a code."""

    code = "factor_on"


class FactorTooNew(Conflict):
    """The second factor was set up too lately for what is asked."""

    code = "factor_too_new"


def refuse_while_on(user: StaffUser) -> None:
    """Raise FactorOn if the person has a second factor."""
    if user.totp_secret is not None:
        raise FactorOn("your second factor is on; turn it off first, which asks for a code")


def begin(user: StaffUser) -> str:
    """Return a new secret to enrol an app with; nothing asks for it yet. Raises FactorOn."""
    refuse_while_on(user)
    user.totp_pending = new_totp_secret()
    return user.totp_pending


def address_of(user: StaffUser) -> str:
    """Return what the QR code says while an app is enrolled; empty when none is."""
    if not user.totp_pending or user.totp_secret:
        return ""
    return pyotp.TOTP(user.totp_pending).provisioning_uri(name=user.email, issuer_name="paymail")


def enrol(session: Session, user: StaffUser, *, code: str, session_secret: str, now: datetime) -> list[str]:
    """Turn the second factor on with the first code of the app; return the recovery codes, to be shown once.

    The person's sessions but this one end: they were opened without it. Raises FactorOn, WrongCode.
    """
    refuse_while_on(user)
    step = _step_of(user.totp_pending or "", code, now)
    if step is None:
        raise WrongCode("the code is not right; enter the one that the app shows now")
    user.totp_secret, user.totp_pending, user.totp_step = user.totp_pending, None, step
    user.totp_since = now
    log_out_elsewhere(session, user_id=user.user_id, secret=session_secret)
    session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user.user_id))
    codes = [new_recovery_code() for _ in range(CODES)]
    session.add_all(RecoveryCode(user_id=user.user_id, digest=_kept(user.user_id, one)) for one in codes)
    session.flush()
    return codes


def use(session: Session, user: StaffUser, *, code: str, now: datetime) -> bool:
    """Accept a code of the app or a recovery code, and use it up; return whether it was a recovery code.

    Raises WrongCode.
    """
    step = _step_of(user.totp_secret or "", code, now)
    if step is not None:
        # In the UPDATE itself: of two who send the same code at once, one is refused.
        later = or_(StaffUser.totp_step.is_(None), StaffUser.totp_step < step)
        used = update(StaffUser).where(StaffUser.user_id == user.user_id, later).values(totp_step=step)
        if session.scalar(used.returning(StaffUser.user_id)) is not None:
            return False
    else:
        mine = RecoveryCode.user_id == user.user_id, RecoveryCode.digest == _kept(user.user_id, code)
        if session.scalar(delete(RecoveryCode).where(*mine).returning(RecoveryCode.user_id)) is not None:
            return True
    raise WrongCode("the code is not right, or was used already; wait for the next one")


def prove(session: Session, user: StaffUser, *, code: str, now: datetime) -> None:
    """Have a person prove once more who they are, in place of the wait of a change of bank details.

    Raises NoSecondFactor, FactorTooNew, WrongCode.
    """
    if user.totp_secret is None:
        raise NoSecondFactor("this needs a second factor; set one up on Your account first")
    if user.totp_since is None or user.totp_since > now - SETTLED:
        raise FactorTooNew(
            "your second factor was set up less than 48 hours ago, so it cannot shorten the wait yet"
        )
    use(session, user, code=code, now=now)


def turn_off(session: Session, user: StaffUser, *, code: str, now: datetime) -> None:
    """Turn the second factor off, with a code. Raises FactorRequired, WrongCode."""
    if user.totp_required:
        raise FactorRequired("an admin requires a second factor for your account")
    use(session, user, code=code, now=now)
    reset(session, user)


def reset(session: Session, user: StaffUser) -> None:
    """Forget a person's app and recovery codes, and end their sessions: the phone is lost."""
    user.totp_secret = user.totp_pending = user.totp_step = user.totp_since = None
    session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user.user_id))
    session.execute(delete(StaffSession).where(StaffSession.user_id == user.user_id))


def codes_left(session: Session, user_id: int) -> int:
    """Return how many recovery codes a person has left."""
    statement = select(func.count()).select_from(RecoveryCode).where(RecoveryCode.user_id == user_id)
    return session.scalar(statement) or 0


def half_signed_in(session: Session, *, secret: str, now: datetime) -> StaffUser | None:
    """Return whose password was right and whose code is still asked for, by the cookie's secret."""
    statement = select(StaffUser).join(StaffSession, StaffSession.user_id == StaffUser.user_id)
    return session.scalars(
        statement.where(StaffSession.secret_sha256 == digest(secret), StaffSession.code_due.is_(True))
        .where(StaffSession.expires_at > now, StaffUser.disabled_at.is_(None))
        .with_for_update(of=StaffUser)
    ).one_or_none()


def _step_of(secret: str, code: str, now: datetime) -> int | None:
    typed = "".join(code.split())
    present = int(now.timestamp()) // _SECONDS
    if not secret or len(typed) != 6:
        return None
    app = pyotp.TOTP(secret)
    found = [
        step
        for step in (present + around for around in _AROUND)
        if hmac.compare_digest(app.generate_otp(step).encode(), typed.encode("utf-8", "replace"))
    ]
    return found[-1] if found else None


def _kept(user_id: int, code: str) -> str:
    # 80 random bits: there is no dictionary to try against the digest.
    typed = "".join(sign for sign in code.upper() if sign.isalnum())
    return hashlib.sha256(f"{user_id}:{typed}".encode("utf-8", "replace")).hexdigest()
