"""After a restore from a backup: what is on hold, and opening it again step by step.

Whoever mails, charges or refunds asks here. A hold is a row in the database, so it holds on every host and
through every restart.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, func, or_, select, update
from sqlalchemy.orm import Session

from paymail.errors import Conflict, NotFound, Unavailable
from paymail.models import Restore


class NoRestore(NotFound):
    """No restore was ever noted."""

    code = "no_restore"


class NotReconciled(Conflict):
    """What happened after the backup has not been looked for, so nothing may be opened."""

    code = "restore_not_reconciled"


class PaymentsOnHold(Unavailable):
    """The database was restored from a backup, and payments are not open again yet."""

    code = "payments_on_hold"


def mail_open() -> ColumnElement[bool]:
    """Return the SQL condition that mail is not on hold."""
    return ~select(Restore.restore_id).where(Restore.mail_opened_at.is_(None)).exists()


def payments_open() -> ColumnElement[bool]:
    """Return the SQL condition that payments and refunds are not on hold."""
    return ~select(Restore.restore_id).where(Restore.payments_opened_at.is_(None)).exists()


def check_payments_open(session: Session) -> None:
    """Raise PaymentsOnHold while they are."""
    if not session.scalar(select(payments_open())):
        raise PaymentsOnHold("online payments are paused for a short time; please try again later")


def latest(session: Session, *, lock: bool = False) -> Restore | None:
    """Return the last restore, if there ever was one."""
    statement = select(Restore).order_by(Restore.restore_id.desc()).limit(1)
    return session.scalars(statement.with_for_update() if lock else statement).one_or_none()


def watched_since(session: Session, *, after: datetime) -> datetime | None:
    """Return from when on Stripe may have unknown intents, by the restores noted at or after `after`."""
    return session.scalar(select(func.min(Restore.since)).where(Restore.restored_at >= after))


def held(session: Session) -> Sequence[Restore]:
    """Return the restores after which something is not open again, the first first."""
    closed = or_(Restore.mail_opened_at.is_(None), Restore.payments_opened_at.is_(None))
    return session.scalars(select(Restore).where(closed).order_by(Restore.restore_id)).all()


def on_hold(session: Session) -> list[str]:
    """Return what is on hold: `mail`, `payments`."""
    conditions = {"mail": mail_open(), "payments": payments_open()}
    return [name for name, is_open in conditions.items() if not session.scalar(select(is_open))]


def open_mail(session: Session, *, now: datetime) -> None:
    """Let mail go out again. Raises NoRestore, NotReconciled."""
    _reconciled(session)
    # All of them: two that were noted at the same moment hold together, and open together.
    session.execute(update(Restore).where(Restore.mail_opened_at.is_(None)).values(mail_opened_at=now))


def open_payments(session: Session, *, now: datetime) -> None:
    """Let customers pay and staff's refunds be carried out again. Raises NoRestore, NotReconciled."""
    _reconciled(session)
    session.execute(
        update(Restore).where(Restore.payments_opened_at.is_(None)).values(payments_opened_at=now)
    )


def _reconciled(session: Session) -> Restore:
    found = latest(session, lock=True)
    if found is None:
        raise NoRestore("no restore is under way")
    if found.reconciled_at is None or found.unchecked_from is not None:
        raise NotReconciled("`paymail db restored` has not come to an end yet; run it again first")
    return found
