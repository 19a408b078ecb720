"""Where bulk sends stand, and when they should be finished."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Select, func, literal, select, union_all
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
    return _standing(session, [get(session, bulk_id)], now, default_rate)[0]


def listed(session: Session, *, now: datetime, default_rate: int = 0, limit: int = 50) -> list[Progress]:
    """Return bulk sends, newest first.

    Four statements, however many they are; what the filter of one asks that is still being written comes
    beside them.
    """
    found = session.scalars(select(BulkSend).order_by(BulkSend.bulk_id.desc()).limit(limit))
    return _standing(session, list(found), now, default_rate)


def _standing(
    session: Session, found: Sequence[BulkSend], now: datetime, default_rate: int
) -> list[Progress]:
    ids = [one.bulk_id for one in found]
    counts = _counts(session, ids)
    unwritten = _unwritten(session, found)
    rates = dict(session.execute(_senders_rate(ids)).all())
    return [
        _progress(
            one,
            counts.get(one.bulk_id, {}),
            unwritten.get(one.bulk_id, 0),
            _rate(one, rates.get(one.bulk_id) or "", default_rate),
            now,
        )
        for one in found
    ]


def _progress(bulk: BulkSend, counts: dict[str, int], unwritten: int, rate: int, now: datetime) -> Progress:
    waiting = sum(counts.get(state.value, 0) for state in OPEN_STATES) + unwritten
    finished = bulk.state is BulkState.RUNNING and not waiting
    running = bulk.state is BulkState.RUNNING and waiting
    finishes_at = _finish(max(bulk.starts_at, now), waiting / rate) if running and rate else None
    name = "finished" if finished else bulk.state.value
    scheduled = bool(running) and bulk.starts_at > now
    return Progress(bulk, name, counts, waiting, rate, finishes_at, scheduled)


def _counts(session: Session, ids: Sequence[int]) -> Mapping[int | None, dict[str, int]]:
    """Return how many messages of each are in each state."""
    found: defaultdict[int | None, dict[str, int]] = defaultdict(dict)
    counted = select(Message.bulk_id, Message.state, func.count()).where(Message.bulk_id.in_(ids))
    for bulk_id, state, number in session.execute(counted.group_by(Message.bulk_id, Message.state)):
        found[bulk_id][state.value] = number
    return found


def _unwritten(session: Session, found: Sequence[BulkSend]) -> dict[int, int]:
    """Return how many invoices each has still to write a message for."""
    each = [
        matching(session, Selection.from_json(one.selection), literal(one.bulk_id).label("bulk_id"))
        .add_columns(func.count().label("number"))
        .where(Invoice.invoice_id > one.cursor)
        for one in found
        if not one.expanded and one.state is not BulkState.CANCELLED
    ]
    if not each:
        return {}
    all_ = union_all(*each).subquery()
    return dict(session.execute(select(all_.c.bulk_id, all_.c.number)).all())


def _finish(begins: datetime, minutes: float) -> datetime | None:
    try:
        return begins + timedelta(minutes=minutes)
    except OverflowError:
        return None  # after the last day that there is


def _senders_rate(ids: Sequence[int]) -> Select[int, str | None]:
    """Return the statement for the rate of the sender of each; of several senders, of one."""
    text = (
        select(Issuer.sender_rate)
        .join(Invoice, Invoice.issuer_id == Issuer.issuer_id)
        .join(Message, Message.invoice_id == Invoice.invoice_id)
        .where(Message.bulk_id == BulkSend.bulk_id)
        .limit(1)
    )
    return select(BulkSend.bulk_id, text.scalar_subquery()).where(BulkSend.bulk_id.in_(ids))


def _rate(bulk: BulkSend, senders: str, default_rate: int) -> int:
    """Return the tighter of the bulk send's rate and its sender's; several senders are not added up."""
    rates = [rate for rate in (bulk.rate, gates.rate_of(senders) or default_rate) if rate]
    return min(rates, default=0)
