"""The outbox: writing messages, claiming them, and moving them under fence and lease."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, CursorResult, and_, case, select, update
from sqlalchemy.orm import Session

from paymail.models import DIGESTS, Invoice, Message, MessageKind, MessageState, in_state
from paymail.services.core import restores
from paymail.services.outbox import gates
from paymail.services.outbox.message_rows import RINGS as RINGS
from paymail.services.outbox.message_rows import Queued as Queued
from paymail.services.outbox.message_rows import add_all, row_of

KNOWN = Message.kind.in_(list(MessageKind))
"""Leaves what a newer release queued to its own workers: this one cannot write such an email."""


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to work on a message until the lease ends; every write must show the fence."""

    message_id: int
    fence: int
    attempts: int
    crashes: int = 0
    kind: MessageKind | None = None
    """None where nobody asks for it."""
    request_id: str = ""
    """Of the request that caused the message."""


def add(
    session: Session,
    *,
    dedupe_key: str,
    kind: MessageKind,
    invoice: Invoice,
    actor: str,
    now: datetime,
    **more: Any,
) -> Queued:
    """Write a message in the caller's transaction; the same key never makes a second row.

    `more` is what else `message_rows.row_of` takes.
    """
    row = row_of(dedupe_key=dedupe_key, kind=kind, invoice=invoice, actor=actor, now=now, **more)
    return add_all(session, [row], now=now)[0]


def claim(
    session: Session, *, now: datetime, lease: timedelta, limit: int = 1, only: int | None = None
) -> list[Claim]:
    """Take up to `limit` due messages, or `only` that one if it is due, urgent ones first.

    Due means scheduled, its time come and its gates open; or sending under a lease that ran out: nothing
    can have been accepted in that state, so trying again is safe. Rows that another worker is taking are
    skipped. After a restore from a backup nothing is taken until mail is open again.
    """
    shut = gates.closed(session, now=now)
    if gates.RELAY in shut:
        return []
    scheduled = and_(in_state(MessageState.SCHEDULED), Message.next_at <= now)
    vanished = and_(in_state(MessageState.SENDING), Message.lease_until < now)
    # One question after another, each in the order of an index: together they would sort all that is due.
    # What a worker dropped comes first: it is little, and it has waited for a lease already. It is taken
    # alone: it may be what ended that worker, and others must not be counted among its victims again.
    for due, most in (
        (vanished, 1),
        (and_(scheduled, Message.urgent.is_(True)), limit),
        (and_(scheduled, Message.urgent.is_(False)), limit),
    ):
        allowed = and_(due, KNOWN, restores.mail_open(), *gates.not_behind(shut))
        claims = _take(session, allowed, now, lease, most, only)
        if claims:
            return claims
    return []


def _take(
    session: Session,
    due: ColumnElement[bool],
    now: datetime,
    lease: timedelta,
    limit: int,
    only: int | None,
) -> list[Claim]:
    chosen = select(Message.message_id).where(due)
    if only is not None:
        chosen = chosen.where(Message.message_id == only)
    # A CTE is evaluated once; an IN (… LIMIT … FOR UPDATE) may be evaluated again and take more rows.
    picked = (
        chosen.order_by(Message.next_at, Message.message_id)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .cte("picked")
    )
    taken = (
        update(Message)
        .where(Message.message_id.in_(select(picked.c.message_id)), due)
        .values(
            state=MessageState.SENDING,
            fence=Message.fence + 1,
            attempts=Message.attempts + 1,
            crashes=Message.crashes + case((Message.state == MessageState.SENDING, 1), else_=0),
            lease_until=now + lease,
        )
        .returning(Message.next_at, *(getattr(Message, field.name) for field in fields(Claim)))
        .execution_options(synchronize_session=False)
    )
    rows = sorted(session.execute(taken), key=lambda row: row[:2])  # an UPDATE returns them in any order
    return [Claim(*row[1:]) for row in rows]


def write_afresh() -> dict[str, Any]:
    """Return the columns that make a message be rendered again, unless it was handed over before: then its
    bytes are fixed, so that a second copy can be told for what it is."""
    never = Message.handed_over_at.is_(None)
    return {column.key: case((never, None), else_=column) for column in DIGESTS}


def put_back(
    session: Session, *, claim: Claim, at: datetime | None = None, reason: str = "", held: bool = False
) -> bool:
    """Give a claim back before its handover, as if it had not been taken; it is due at `at` if given.

    A message that waits until `at` is written afresh then; `held` says that it waits for a hold to end.
    """
    later: dict[str, Any] = {"attempts": Message.attempts - 1, "held": Message.held}
    if at is not None:
        # It waits for another reason than the mail server: the tries before are over and done with.
        later = {"next_at": at, "reason": reason, "held": held, "attempts": 0, "give_up_at": None}
        later |= write_afresh()
    return move(
        session,
        message_id=claim.message_id,
        under=claim.fence,
        sources=(MessageState.SENDING,),
        target=MessageState.SCHEDULED,
        lease_until=None,
        **later,
    )


def move(
    session: Session,
    *,
    message_id: int,
    under: int,
    sources: Iterable[MessageState],
    target: MessageState,
    lease_after: datetime | None = None,
    provided: Iterable[ColumnElement[bool]] = (),
    **values: Any,
) -> bool:
    """Move a message if it still is in one of `sources` under the fence `under`; False: the race was lost.

    `provided` are further conditions, under which the race counts as lost too.
    Whatever it waits for then, it is no hold, unless `values` say so.
    """
    statement = update(Message).where(
        Message.message_id == message_id,
        Message.fence == under,
        Message.state.in_(list(sources)),
        *provided,
    )
    if lease_after is not None:
        statement = statement.where(Message.lease_until > lease_after)
    changed = {"state": target, "held": False, **values}
    statement = statement.values(changed).execution_options(synchronize_session=False)
    result = session.execute(statement)
    assert isinstance(result, CursorResult)  # noqa: S101 - an UPDATE always gives one; this tells mypy
    return result.rowcount == 1


def expired_handovers(session: Session, *, now: datetime, limit: int = 100) -> list[Claim]:
    """Return messages whose worker vanished with the final dot possibly sent."""
    statement = (
        select(Message.message_id, Message.fence, Message.attempts)
        .where(in_state(MessageState.HANDOVER), Message.lease_until < now)
        .order_by(Message.message_id)
        .limit(limit)
    )
    return [Claim(*row) for row in session.execute(statement)]
