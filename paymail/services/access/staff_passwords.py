"""Setting a password of staff: checked, hashed, and then written."""

from sqlalchemy import delete, select

from paymail.models import Role, StaffRole, StaffSession, StaffUser
from paymail.services.access.logins import LoginContext, account_of
from paymail.services.access.password_rules import check_password
from paymail.services.core.issuers import all_issuers


def set_password(context: LoginContext, *, email: str, password: str) -> None:
    """Make an admin of all issuers, or give somebody known a new password, which ends their sessions.

    Raises WeakPassword.
    """
    account = account_of(email)
    with context.reading() as session:
        issuers = [issuer.name for issuer in all_issuers(session)]
    check_password(password, familiar=(account, *issuers))
    made = context.hasher.hash(password)
    with context.transaction() as session:
        user = session.scalars(
            select(StaffUser).where(StaffUser.email == account).with_for_update()
        ).one_or_none()
        if user is None:
            user = StaffUser(email=account, password_hash=made, created_at=context.now())
            session.add(user)
            session.flush()
            session.add(StaffRole(user_id=user.user_id, issuer_id=None, role=Role.ADMIN))
            return
        user.password_hash = made
        session.execute(delete(StaffSession).where(StaffSession.user_id == user.user_id))
