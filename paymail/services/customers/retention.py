"""Erasing the bytes of emails that were settled long ago. Digest, size and every other record stay."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from paymail.models import DIGESTS, Blob, Message, MessageState
from paymail.services.core.contexts import Context
from paymail.services.outbox import blobs

_UNSETTLED = (MessageState.SCHEDULED, MessageState.SENDING, MessageState.HANDOVER, MessageState.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Progress:
    """How many contents were erased, and after which digest the next run goes on (empty: from the start)."""

    erased: int
    cursor: str


def erase_batch(session: Session, *, before: datetime, now: datetime, after: str, limit: int) -> Progress:
    """Look at up to `limit` contents kept before `before`, and erase those that no message still needs.

    A message needs its bytes while it is open or unknown, and until it has been settled before `before`.
    An issued document that is needed after that is drawn again.
    """
    found = list(
        session.scalars(
            select(Blob.sha256)
            .where(Blob.erased_at.is_(None), Blob.created_at < before, Blob.sha256 > after)
            .order_by(Blob.sha256)
            .limit(limit)
        )
    )
    needed = _needed(session, found, before)
    gone = [digest for digest in found if digest not in needed]
    count = blobs.erase(session, digests=gone, now=now, kept_before=before)
    return Progress(count, found[-1] if len(found) == limit else "")


def _needed(session: Session, digests: list[str], before: datetime) -> set[str]:
    statement = select(*DIGESTS).where(
        or_(*(column.in_(digests) for column in DIGESTS)),
        or_(Message.state.in_(_UNSETTLED), Message.settled_at.is_(None), Message.settled_at >= before),
    )
    return {digest for row in session.execute(statement) for digest in row if digest}


def run(
    context: Context,
    *,
    days: int,
    after: str = "",
    batch: int = 200,
    most_batches: int = 50,
) -> Progress:
    """Erase in small transactions what is older than `days`; 0 keeps everything for ever."""
    erased, cursor = 0, after
    for _ in range(most_batches if days else 0):
        with context.transaction() as session:
            now = context.now()
            before = now - timedelta(days=days)
            step = erase_batch(session, before=before, now=now, after=cursor, limit=batch)
        erased, cursor = erased + step.erased, step.cursor
        if not cursor:
            break
    return Progress(erased, cursor)
