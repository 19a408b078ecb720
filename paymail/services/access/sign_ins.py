"""Signing in, in the audit log: who and from where; of failures only so many, since anybody causes them."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from paymail.models import AuditEntry, StaffUser
from paymail.services.access import audit

SIGNED_IN, WITH_CODE, WITH_RECOVERY = "signed in", "signed in with code", "signed in with recovery code"
FAILED, CODE_REFUSED = "sign-in failed", "code refused"
CAME_FROM = "from"
"""The name of an entry whose new value is a network address."""
NOBODY = "unknown account"
"""In place of what was typed where nobody has such an address: it may be a password in the wrong field."""
MOST_FAILURES = 10
"""Failures of one account, or of all unknown ones together, that are listed within WITHIN."""
WITHIN = timedelta(hours=1)
LAST_LISTED = "last listed"


def came_in(session: Session, *, who: str, how: str, address: str, now: datetime) -> None:
    """Note that somebody signed in."""
    _note(session, who, audit.Done(how, name=CAME_FROM, new=address), now)


def failed(session: Session, *, account: str, what: str, address: str, now: datetime) -> None:
    """Note that a sign-in to an account failed, unless enough failures of it are listed of late."""
    known = session.scalar(
        select(StaffUser.email).where(StaffUser.email == account, StaffUser.disabled_at.is_(None))
    )
    who = known or NOBODY
    newest = select(AuditEntry.entry_id).where(
        AuditEntry.who == who, AuditEntry.act.in_((FAILED, CODE_REFUSED)), AuditEntry.at > now - WITHIN
    )
    listed = len(session.scalars(newest.order_by(AuditEntry.entry_id.desc()).limit(MOST_FAILURES)).all())
    if listed < MOST_FAILURES:
        last = LAST_LISTED if listed == MOST_FAILURES - 1 else ""
        _note(session, who, audit.Done(what, name=CAME_FROM, old=last, new=address), now)


def _note(session: Session, who: str, done: audit.Done, now: datetime) -> None:
    # Nobody is signed in yet: who it is stands in no session.
    audit.record(session, who=who, door=audit.Door.PAGE, done=[done], now=now)
