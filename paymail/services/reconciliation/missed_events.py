"""Reading an account's events at Stripe, and storing those that no webhook brought."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from typing import TypeVar

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from paymail import observability
from paymail.db import insert_once
from paymail.models import (
    GATEWAY_EVENT_MOVES,
    GatewayEvent,
    GatewayEventState,
    PaymentAttempt,
    ReconciledAccount,
    check_move,
)
from paymail.ports.payments import Event
from paymail.services.core.contexts import GatewayContext
from paymail.services.payments.webhook_inbox import HEARD_EVENTS, USED_EVENTS, OtherMode, receive_event

log = observability.logger(__name__)
T = TypeVar("T")

OVERLAP = timedelta(minutes=15)
"""Read again each time: an event may be listed a little after its `created`."""
KEPT = timedelta(days=30)
"""How long Stripe lists events (Stripe API reference, "List all events")."""
BATCH = 100


@dataclass(slots=True)
class ReadEvents:
    """The events of one account: stored now, and refused because of the other mode (live or test)."""

    stored: list[str] = field(default_factory=list)
    refused: int = 0


def read_missed(context: GatewayContext, *, account: str, live: bool) -> ReadEvents:
    """Store an account's events since the last time, as the webhook would. Raises the gateway's kinds.

    The cursor moves when all were read; it is Stripe's own clock, so a wrong one here loses nothing.
    """
    with context.transaction() as session:
        cursor = session.get(ReconciledAccount, account)
        until = cursor.events_until if cursor else 0
    oldest = int((context.now() - KEPT).timestamp())
    since = max(until - int(OVERLAP.total_seconds()), oldest)
    heard, newest = ReadEvents(), until
    for batch in batches(context.gateway.events(account=account, since=since, types=HEARD_EVENTS), BATCH):
        newest = max(newest, *(event.created for event in batch))
        with context.transaction() as session:
            _store(session, batch, heard, live=live, now=context.now())
    with context.transaction() as session:
        _remember(session, account, newest, context.now())
    if heard.refused:
        log.error("events of the other mode refused", account=account, events=heard.refused)
    return heard


def _store(session: Session, events: list[Event], heard: ReadEvents, *, live: bool, now: datetime) -> None:
    for event in events:
        try:
            if receive_event(session, event=event, live=live, now=now):
                heard.stored.append(event.id)
        except OtherMode:
            heard.refused += 1


def _remember(session: Session, account: str, until: int, now: datetime) -> None:
    insert_once(session, ReconciledAccount, {"account": account, "events_until": 0})
    row = session.get_one(ReconciledAccount, account, with_for_update=True, populate_existing=True)
    # A run beside this one may have come further.
    row.events_until, row.read_at = max(row.events_until, until), now


def wake_known(session: Session, *, now: datetime) -> list[str]:
    """Have events worked on again that were ignored before their intent was in the books; return their ids.

    Our row of an intent is committed just after Stripe made it, so an event can be quicker than it.
    """
    known = select(PaymentAttempt.intent_id).where(PaymentAttempt.intent_id.is_not(None))
    check_move(GATEWAY_EVENT_MOVES, GatewayEventState.IGNORED, GatewayEventState.RECEIVED)
    woken = (
        update(GatewayEvent)
        .where(
            GatewayEvent.state == GatewayEventState.IGNORED,
            GatewayEvent.type.in_(USED_EVENTS),
            GatewayEvent.intent_id.in_(known),
        )
        .values(state=GatewayEventState.RECEIVED, attempts=0, next_at=now)
        .returning(GatewayEvent.event_id)
        .execution_options(synchronize_session=False)
    )
    return list(session.scalars(woken))


def batches(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """Yield lists of up to `size` items."""
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch
