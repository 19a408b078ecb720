"""Where bulk sends stand, and when they should be finished."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from paymail.models import OPEN_STATES, BulkSend, BulkState, Invoice, Issuer, Message
from paymail.services.outbox import gates
from paymail.services.sending.bulk.bulk_sends import get
from paymail.services.sending.bulk.selection import Selection, matching


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a bulk send stands. `finishes_at` is an estimate by the rates; None: unknown."""

    bulk: BulkSend
    name: str
    """running, paused, cancelled or finished."""
    counts: dict[str, int]
    """Messages by state."""
    waiting: int
    """Messages still open, and invoices still without one."""
    rate: int
    """Emails a minute that it may reach; 0 is no limit."""
    finishes_at: datetime | None
    scheduled: bool = False
    """Running, but it begins later: nothing of it goes out yet."""


def progress(session: Session, *, bulk_id: int, now: datetime, default_rate: int = 0) -> Progress:
    """Return where a bulk send stands. Raises NoSuchBulk."""
    bulk = get(session, bulk_id)
    by_state = select(Message.state, func.count()).where(Message.bulk_id == bulk_id).group_by(Message.state)
    counts = {state.value: number for state, number in session.execute(by_state)}
    still_open = sum(counts.get(state.value, 0) for state in OPEN_STATES)
    unwritten = 0
    if not bulk.expanded and bulk.state is not BulkState.CANCELLED:
        rest = matching(session, Selection.from_json(bulk.selection), func.count())
        unwritten = session.scalar(rest.where(Invoice.invoice_id > bulk.cursor)) or 0
    waiting = still_open + unwritten
    rate = _rate(session, bulk, default_rate)
    finished = bulk.state is BulkState.RUNNING and not waiting
    running = bulk.state is BulkState.RUNNING and waiting
    finishes_at = _finish(max(bulk.starts_at, now), waiting / rate) if running and rate else None
    name = "finished" if finished else bulk.state.value
    scheduled = bool(running) and bulk.starts_at > now
    return Progress(bulk, name, counts, waiting, rate, finishes_at, scheduled)


def _finish(begins: datetime, minutes: float) -> datetime | None:
    try:
        return begins + timedelta(minutes=minutes)
    except OverflowError:
        return None  # after the last day that there is


def _rate(session: Session, bulk: BulkSend, default_rate: int) -> int:
    """Return the tighter of the bulk send's rate and its sender's; several senders are not added up."""
    text = session.scalars(
        select(Issuer.sender_rate)
        .join(Invoice, Invoice.issuer_id == Issuer.issuer_id)
        .join(Message, Message.invoice_id == Invoice.invoice_id)
        .where(Message.bulk_id == bulk.bulk_id)
        .limit(1)
    ).first()
    rates = [rate for rate in (bulk.rate, gates.rate_of(text or "") or default_rate) if rate]
    return min(rates, default=0)


def listed(session: Session, *, now: datetime, default_rate: int = 0, limit: int = 50) -> list[Progress]:
    """Return bulk sends, newest first."""
    ids = session.scalars(select(BulkSend.bulk_id).order_by(BulkSend.bulk_id.desc()).limit(limit))
    return [progress(session, bulk_id=i, now=now, default_rate=default_rate) for i in ids]
