"""Erasing the bytes of emails that were settled long ago. Digest, size and every other record stay."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import BindParameter, literal, or_, select, tuple_, union_all
from sqlalchemy.orm import Session

from paymail.models import DIGESTS, Blob, Message, MessageState
from paymail.services.core.contexts import Context
from paymail.services.outbox import blobs

_UNSETTLED = (MessageState.SCHEDULED, MessageState.SENDING, MessageState.HANDOVER, MessageState.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Progress:
    """How many contents were erased, and where the next run goes on (empty: at the start)."""

    erased: int
    cursor: str


def erase_batch(session: Session, *, before: datetime, now: datetime, after: str, limit: int) -> Progress:
    """Look at up to `limit` contents kept before `before`, and erase those that no message still needs.

    A message needs its bytes while it is open or unknown, and until it has been settled before `before`.
    An issued document that is needed after that is drawn again.
    """
    rest = select(Blob.created_at, Blob.sha256).where(Blob.erased_at.is_(None), Blob.created_at < before)
    if (reached := _reached(after)) is not None:
        rest = rest.where(tuple_(Blob.created_at, Blob.sha256) > tuple_(*reached))
    found = session.execute(rest.order_by(Blob.created_at, Blob.sha256).limit(limit)).all()
    needed = _needed(session, [digest for _at, digest in found], before)
    gone = [digest for _at, digest in found if digest not in needed]
    count = blobs.erase(session, digests=gone, now=now, kept_before=before)
    return Progress(count, _cursor(*found[-1]) if len(found) == limit else "")


def _cursor(at: datetime, digest: str) -> str:
    return f"{at.isoformat()} {digest}"


def _reached(cursor: str) -> tuple[BindParameter[datetime], str] | None:
    """Read a cursor; None: from the start, which is never wrong."""
    at, _, digest = cursor.partition(" ")
    try:
        return literal(datetime.fromisoformat(at), Blob.created_at.type), digest
    except ValueError:
        return None  # also of a release that went by digests


def _needed(session: Session, digests: list[str], before: datetime) -> set[str]:
    still = or_(Message.state.in_(_UNSETTLED), Message.settled_at.is_(None), Message.settled_at >= before)
    # One question per column, each by its index: no database takes three for an OR whatever it is asked.
    by_column = [select(column).where(column.in_(digests), still) for column in DIGESTS]
    return set(session.scalars(union_all(*by_column)))


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
