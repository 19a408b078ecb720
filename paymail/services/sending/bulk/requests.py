"""A bulk send that is asked for twice under one key: the first is returned, or the second refused."""

from datetime import UTC, datetime

from sqlalchemy.orm import Session

from paymail.models import BulkSend, IdempotentRequest, Issuer
from paymail.services.core import idempotency
from paymail.services.core.calendar import when
from paymail.services.sending.bulk.bulk_sends import get, start
from paymail.services.sending.bulk.selection import Selection, fixed

LONGEST_KEY = 80


def start_requested(
    session: Session,
    *,
    selection: Selection,
    actor: str,
    now: datetime,
    at: str = "",
    issuer: Issuer | None = None,
    rate: int = 0,
    again: bool = False,
    request_key: str | None = None,
) -> BulkSend:
    """Begin a bulk send as asked; the same key gives the same one, whatever became of it meanwhile.

    `at` is read as by `calendar.when` in the zone of `issuer` (only needed with it).
    Raises KeyReused for another request under the key, BadTime, EmptySelection, NoSuchBulk (of `failed_of`).
    """
    key = request_key[:LONGEST_KEY] if request_key else None
    found, first = _reserve(session, key, actor, now)
    # "Next business morning" and a time that has passed meanwhile mean what they meant at the first time.
    asked_at = found.created_at if found else now
    moment = when(at, issuer, asked_at) if issuer and at else None
    content = content_of(selection.to_json(), rate, again, moment or asked_at)
    if found is not None and not first:
        idempotency.check(found, content)
        return get(session, found.bulk_id or 0)
    begun = start(
        session,
        selection=fixed(session, selection, asked_at),
        actor=actor,
        now=now,
        at=moment,
        rate=rate,
        again=again,
        request_key=key,
    )
    if found is not None:
        found.content_digest, found.bulk_id = content, begun.bulk_id
    return begun


def content_of(selection: str, rate: int, again: bool, starts_at: datetime) -> str:
    """Return the digest of a bulk send's request: its filter as JSON, its rate, and when it starts."""
    return idempotency.content_digest(
        selection, rate, again, starts_at.astimezone(UTC).isoformat(timespec="microseconds")
    )


def _reserve(
    session: Session, key: str | None, actor: str, now: datetime
) -> tuple[IdempotentRequest | None, bool]:
    if key is None:
        return None, True
    return idempotency.reserve(session, scope=idempotency.BULK_SEND, key=key, actor=actor, now=now)
