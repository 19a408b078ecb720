"""Links by which a person sets their password: of an invitation, or when they forgot it. Each works once.

Mail may not be trusted with it: it is shown once to the admin who makes it, who hands it over.
"""

from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from paymail.clock import new_secret
from paymail.errors import NotFound
from paymail.models import StaffLink, StaffSession, StaffUser
from paymail.services.access import audit
from paymail.services.access.logins import LoginContext
from paymail.services.access.staff import digest
from paymail.services.access.staff_passwords import checked_hash, end_links

LIFETIME = timedelta(hours=72)


class LinkOver(NotFound):
    """The link was used, was replaced by another, or its time is over."""

    code = "link_over"


def make_link(session: Session, user: StaffUser, *, actor: str, now: datetime) -> str:
    """Return the secret of a new link for a person; links of before stop working."""
    end_links(session, user_id=user.user_id)
    audit.note(session, "password link", f"person {user.email}")
    secret = new_secret()
    session.add(
        StaffLink(
            digest=digest(secret),
            user_id=user.user_id,
            made_at=now,
            made_by=actor,
            expires_at=now + LIFETIME,
        )
    )
    session.flush()
    return secret


def person_of_link(session: Session, secret: str, now: datetime) -> StaffUser:
    """Return whose password a link sets. Raises LinkOver."""
    found = session.scalars(
        select(StaffUser)
        .join(StaffLink, StaffLink.user_id == StaffUser.user_id)
        .where(StaffLink.digest == digest(secret), StaffLink.expires_at > now)
        .where(StaffUser.disabled_at.is_(None))
    ).one_or_none()
    if found is None:
        raise LinkOver("this link was used already, or its time is over; ask an admin for a new one")
    return found


def set_by_link(context: LoginContext, *, secret: str, password: str) -> str:
    """Set the password of a link's person, end their sessions, and use the link up; return the address.

    Raises LinkOver, WeakPassword.
    """
    with context.reading() as session:
        account = person_of_link(session, secret, context.now()).email
    made = checked_hash(context, account=account, password=password)
    with context.transaction() as session:
        used = delete(StaffLink).where(StaffLink.digest == digest(secret)).returning(StaffLink.user_id)
        user = person_of_link(session, secret, context.now())
        if session.scalar(used) is None:
            raise LinkOver("this link was used already; ask an admin for a new one")
        user.password_hash = made
        session.execute(delete(StaffSession).where(StaffSession.user_id == user.user_id))
        # Nobody is signed in here: whoever has the link is taken for its person.
        done = [audit.Done("password by link", f"person {account}")]
        audit.record(session, who=account, door=audit.Door.PAGE, done=done, now=context.now())
    return account
