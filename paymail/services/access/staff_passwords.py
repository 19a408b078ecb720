"""Setting a password of staff: checked, hashed, and then written."""

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from paymail.errors import Conflict, InvalidInput
from paymail.models import Role, StaffLink, StaffRole, StaffSession, StaffUser
from paymail.services.access import audit
from paymail.services.access.logins import LoginContext, account_of
from paymail.services.access.password_rules import check_password
from paymail.services.access.staff import log_out_elsewhere
from paymail.services.core.issuers import all_issuers


class WrongPassword(InvalidInput):
    """The present password was typed wrong."""

    code = "wrong_password"


class PersonRemoved(Conflict):
    """The person was removed: a password opens nothing for them."""

    code = "person_removed"


def checked_hash(context: LoginContext, *, account: str, password: str) -> str:
    """Return the hash of a password that may be set for an account. Raises WeakPassword."""
    with context.reading() as session:
        issuers = [issuer.name for issuer in all_issuers(session)]
    check_password(password, familiar=(account, *issuers))
    return context.hasher.hash(password)


def set_password(context: LoginContext, *, email: str, password: str) -> None:
    """Make an admin of all issuers, or give somebody known a new password, which ends their sessions
    and links.

    Raises WeakPassword, PersonRemoved.
    """
    account = account_of(email)
    made = checked_hash(context, account=account, password=password)
    with context.transaction() as session:
        user = session.scalars(
            select(StaffUser).where(StaffUser.email == account).with_for_update()
        ).one_or_none()
        audit.note(session, "password", f"person {account}")
        if user is None:
            user = StaffUser(email=account, password_hash=made, created_at=context.now())
            session.add(user)
            session.flush()
            session.add(StaffRole(user_id=user.user_id, issuer_id=None, role=Role.ADMIN))
            return
        if user.disabled_at is not None:
            raise PersonRemoved(
                f"{account} was removed; invite them again with `paymail staff add {account}`"
            )
        user.password_hash = made
        end_links(session, user_id=user.user_id)
        session.execute(delete(StaffSession).where(StaffSession.user_id == user.user_id))


def change_own(
    context: LoginContext, *, user_id: int, present: str, password: str, session_secret: str
) -> None:
    """Give a person another password, whose present one they know; all sessions but this one end,
    and links by which another could be set.

    Raises WrongPassword, WeakPassword.
    """
    with context.reading() as session:
        user = session.get_one(StaffUser, user_id)
        account, kept = user.email, user.password_hash
    if not context.hasher.matches(present, kept):
        raise WrongPassword("the present password is not right")
    made = checked_hash(context, account=account, password=password)
    with context.transaction() as session:
        same = select(StaffUser).where(StaffUser.user_id == user_id, StaffUser.password_hash == kept)
        found = session.scalars(same.with_for_update()).one_or_none()
        if found is None:
            raise WrongPassword("the password was changed meanwhile")
        found.password_hash = made
        end_links(session, user_id=user_id)
        log_out_elsewhere(session, user_id=user_id, secret=session_secret)


def end_links(session: Session, *, user_id: int) -> None:
    """End the links by which a person's password can be set."""
    session.execute(delete(StaffLink).where(StaffLink.user_id == user_id))
