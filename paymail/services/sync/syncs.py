"""What a sync is given, and what is kept of it between runs."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from paymail.errors import Conflict
from paymail.models import HostSync
from paymail.ports.host_database import Columns, HostDatabase
from paymail.services.core import restores
from paymail.services.core.contexts import Context
from paymail.services.imports.header import COLUMNS, OPTIONAL_COLUMNS, OPTIONAL_LINE_COLUMNS

VIEW_COLUMNS = Columns(tuple(COLUMNS), (*OPTIONAL_COLUMNS, *OPTIONAL_LINE_COLUMNS))
ACTOR = "sync"


class NotAccepted(Conflict):
    """Nobody has let the first difference of this database be written yet."""

    code = "sync_not_accepted"


@dataclass(frozen=True, slots=True)
class SyncContext(Context):
    """What sync is given beside transactions: those for reading, the host, and whose invoices it has."""

    reading: Callable[[], AbstractContextManager[Session]]
    host: HostDatabase
    issuer_id: int
    zone: str
    """The issuer's time zone."""
    overlap: timedelta = timedelta(minutes=10)
    """How long before the cursor reading begins: transactions of the host may commit late."""


def find(session: Session, context: SyncContext) -> HostSync | None:
    """Return what is kept of this sync; None until it was accepted."""
    statement = select(HostSync).where(
        HostSync.issuer_id == context.issuer_id, HostSync.source == context.host.source
    )
    return session.scalars(statement).one_or_none()


def load(session: Session, context: SyncContext) -> HostSync:
    """Return what is kept of this sync. Raises NotAccepted."""
    found = find(session, context)
    if found is None:
        raise NotAccepted("nothing of this database was ever accepted: run `paymail sync --accept` once")
    return found


def on_hold(session: Session) -> bool:
    """Whether payments are on hold after a restore.

    The host may know of payments that the restored books do not have yet: taken from its word now, they
    would be entered once more when Stripe's word comes.
    """
    return not session.scalar(select(restores.payments_open()))


def start(session: Session, context: SyncContext, now: datetime) -> None:
    """Begin to keep this sync, from its first invoice on."""
    if find(session, context) is None:
        made = HostSync(issuer_id=context.issuer_id, source=context.host.source, accepted_at=now)
        session.add(made)
