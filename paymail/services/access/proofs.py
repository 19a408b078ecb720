"""Having who is signed in prove once more who they are: a session can be stolen, and opens no accounts.

Who has a second factor gives a code of it; anybody else their password.
"""

from datetime import datetime

from sqlalchemy.orm import Session

from paymail.models import StaffUser
from paymail.services.access import people, second_factor
from paymail.services.access.logins import LoginContext
from paymail.services.access.second_factor import WrongCode
from paymail.services.access.staff_passwords import WrongPassword


def matched(context: LoginContext, *, user_id: int, given: str) -> str:
    """Return the hash that a typed password matches, for `prove`. It takes long, so no transaction is open.

    Raises WrongPassword.
    """
    with context.reading() as session:
        kept = session.get_one(StaffUser, user_id).password_hash
    if not given or not context.hasher.matches(given, kept or None):
        raise WrongPassword("the password is not right; enter your own" if given else "enter your password")
    return kept


def prove(session: Session, *, user_id: int, given: str, kept: str, now: datetime) -> None:
    """Check a code of the second factor, and use it up; without a factor, that `kept` is the password's hash.

    Raises WrongCode, WrongPassword.
    """
    person = people.to_change(session, user_id=user_id)
    if person.totp_secret is None:
        if not kept or person.password_hash != kept:
            raise WrongPassword("the password was changed meanwhile")
        return
    if not given:
        raise WrongCode("enter a code of your second factor")
    second_factor.use(session, person, code=given, now=now)
