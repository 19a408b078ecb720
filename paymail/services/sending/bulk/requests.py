"""A bulk send that is asked for twice under one key: the first is returned, or the second refused.

The stored row is compared, so nothing more needs to be kept. Source: IETF draft "The Idempotency-Key HTTP
Header Field".
"""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from paymail.models import BulkSend, Issuer
from paymail.services.core.calendar import when
from paymail.services.core.idempotency import KeyReused
from paymail.services.sending.bulk.bulk_sends import start
from paymail.services.sending.bulk.selection import Selection

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
    found = session.scalars(select(BulkSend).where(BulkSend.request_key == key)).first() if key else None
    if found is None:
        moment = when(at, issuer, now) if issuer and at else None
        found = start(
            session,
            selection=selection,
            actor=actor,
            now=now,
            at=moment,
            rate=rate,
            again=again,
            request_key=key,
        )
    # Also what was just begun: of two at once, the loser is given the winner's.
    # "Next business morning" and a time that has passed meanwhile mean what they meant at the first time.
    asked_at = when(at, issuer, found.created_at) if issuer and at else None
    asked = (selection.to_json(), rate, again, asked_at or found.created_at)
    if key and asked != (found.selection, found.rate, found.again, found.starts_at):
        raise KeyReused("this Idempotency-Key was already used for a different request")
    return found
