"""Where a sync stands, for people and programs."""

from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from paymail.models import HostRefusal, SyncedInvoice
from paymail.services.sync import syncs
from paymail.services.sync.outcome import MOST_LISTED, RefusedInvoice
from paymail.services.sync.syncs import SyncContext


@dataclass(frozen=True, slots=True)
class State:
    """What is kept of a sync; instants are UTC."""

    source: str
    accepted_at: datetime | None = None
    cursor: datetime | None = None
    ended_at: datetime | None = None
    invoices: int = 0
    refused: int = 0
    refusals: tuple[RefusedInvoice, ...] = ()
    """The first MOST_LISTED of them."""
    untold: int = 0
    failures: tuple[tuple[str, str], ...] = ()
    """Numbers of invoices whose state the host did not take, and why."""


def of(session: Session, context: SyncContext) -> State:
    """Return where a sync stands."""
    found = syncs.find(session, context)
    if found is None:
        return State(context.host.source)
    mine = HostRefusal.sync_id == found.sync_id
    rows = session.scalars(select(HostRefusal).where(mine).order_by(HostRefusal.number).limit(MOST_LISTED))
    waiting = (
        SyncedInvoice.sync_id == found.sync_id,
        SyncedInvoice.event_id != "",
        SyncedInvoice.told_at.is_(None),
    )
    failures = select(SyncedInvoice.number, SyncedInvoice.failure).where(*waiting)
    failures = failures.where(SyncedInvoice.failure != "").order_by(SyncedInvoice.number).limit(MOST_LISTED)
    linked = select(func.count()).select_from(SyncedInvoice).where(SyncedInvoice.sync_id == found.sync_id)
    return State(
        source=found.source,
        accepted_at=found.accepted_at,
        cursor=found.cursor,
        ended_at=found.ended_at,
        invoices=session.scalar(linked) or 0,
        refused=session.scalar(select(func.count()).select_from(HostRefusal).where(mine)) or 0,
        refusals=tuple(RefusedInvoice(row.number, tuple(row.faults.splitlines())) for row in rows),
        untold=session.scalar(select(func.count()).select_from(SyncedInvoice).where(*waiting)) or 0,
        failures=tuple((number, failure) for number, failure in session.execute(failures)),
    )


def shown(found: State) -> dict[str, object]:
    """Return a state as JSON has it."""
    return {
        key: value.isoformat() if isinstance(value, datetime) else value
        for key, value in asdict(found).items()
    }
