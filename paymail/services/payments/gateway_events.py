"""Events received from Stripe, as staff see them: lists, and having them worked on again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, literal, select, tuple_
from sqlalchemy.orm import Session

from paymail.errors import NotFound
from paymail.models import (
    GATEWAY_EVENT_MOVES,
    GatewayEvent,
    GatewayEventState,
    Invoice,
    PaymentAttempt,
    check_move,
)
from paymail.services.core import history
from paymail.services.outbox import notices

PAGE = 50
_LATEST = int(datetime(9999, 12, 30, tzinfo=UTC).timestamp())
"""Unix seconds: what any time zone can still write down."""
_RECEIVED, _DEAD = GatewayEventState.RECEIVED, GatewayEventState.DEAD


class NoSuchEvent(NotFound):
    """There is no event of this id."""

    code = "no_such_event"


@dataclass(frozen=True, slots=True)
class EventFilter:
    """Which events; empty fields do not filter."""

    state: GatewayEventState | None = None
    type: str = ""
    intent_id: str = ""
    invoice_id: int | None = None


@dataclass(frozen=True, slots=True)
class Listed:
    """An event with the invoice that it is about: its id and number, empty when it is none of ours."""

    event: GatewayEvent
    invoice_id: int | None
    number: str


def slice_of(
    session: Session, *, wanted: EventFilter, limit: int, after: str = ""
) -> tuple[list[Listed], str | None]:
    """Return up to `limit` events after one, and the cursor to go on with. Raises NoSuchEvent."""
    base = _matching(wanted)
    if after:
        last = one(session, event_id=after).event
        there = literal(last.received_at, GatewayEvent.received_at.type), literal(last.event_id)
        # As one comparison of two pairs, which `ix_gateway_events_received` answers.
        base = base.where(tuple_(GatewayEvent.received_at, GatewayEvent.event_id) < tuple_(*there))
    found = [_row(row) for row in session.execute(_newest(base).limit(limit + 1))]
    rows = found[:limit]
    return rows, rows[-1].event.event_id if len(found) > limit else None


def one(session: Session, *, event_id: str) -> Listed:
    """Return one event. Raises NoSuchEvent."""
    row = session.execute(_matching(EventFilter()).where(GatewayEvent.event_id == event_id)).one_or_none()
    if row is None:
        raise NoSuchEvent("event not found")
    return _row(row)


def happened_at(event: GatewayEvent) -> datetime:
    """Return when an event happened, by Stripe's clock; the nearest moment there is, where that is none."""
    return datetime.fromtimestamp(min(max(event.created, 0), _LATEST), UTC)


def dead(session: Session, *, limit: int = 1000) -> Sequence[str]:
    """Return the ids of events that were given up, the oldest first."""
    statement = select(GatewayEvent.event_id).where(GatewayEvent.state == _DEAD)
    return list(session.scalars(statement.order_by(GatewayEvent.received_at).limit(limit)))


def reprocess(session: Session, *, event_id: str, actor: str, now: datetime) -> None:
    """Have an event worked on again, as if it had just come in; one that waits for its next try, now.

    Safe for one that is done: what it speaks of is read from Stripe again. Raises NoSuchEvent.
    """
    row = session.get(GatewayEvent, event_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise NoSuchEvent("event not found")
    if row.state is not _RECEIVED:
        check_move(GATEWAY_EVENT_MOVES, row.state, _RECEIVED)
        row.state, row.reason = _RECEIVED, f"reprocessing requested by {actor}"
    row.attempts, row.next_at = 0, now
    session.flush()
    found = one(session, event_id=event_id)
    if found.invoice_id is not None:
        history.record(
            session,
            invoice_id=found.invoice_id,
            kind="event_reprocessed",
            actor=actor,
            now=now,
            detail=f"{row.type}, {event_id}",
        )


def tell_of_death(session: Session, *, event: GatewayEvent, now: datetime) -> None:
    """Tell staff, once, that an event was given up, if it is about an invoice of ours."""
    found = one(session, event_id=event.event_id)
    if found.invoice_id is None:
        return
    notices.tell_staff(
        session,
        invoice_id=found.invoice_id,
        about="event",
        key=event.event_id,
        headline="A Stripe event could not be processed",
        detail=f"{event.type} of {event.intent_id} ({event.event_id}): {event.reason}. A payment for"
        f" invoice {found.number} may be missing. You can reprocess the event on the Events page.",
        now=now,
    )


def _matching(wanted: EventFilter) -> Select[GatewayEvent, int, str]:
    return (
        select(GatewayEvent, Invoice.invoice_id, Invoice.number)
        .outerjoin(PaymentAttempt, PaymentAttempt.intent_id == GatewayEvent.intent_id)
        .outerjoin(Invoice, Invoice.invoice_id == PaymentAttempt.invoice_id)
        .where(*_conditions(wanted))
    )


def _conditions(wanted: EventFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.state is not None:
        found.append(GatewayEvent.state == wanted.state)
    if wanted.type:
        found.append(GatewayEvent.type == wanted.type)
    if wanted.intent_id:
        found.append(GatewayEvent.intent_id == wanted.intent_id)
    if wanted.invoice_id is not None:
        found.append(Invoice.invoice_id == wanted.invoice_id)
    return found


def _newest(
    statement: Select[GatewayEvent, int, str],
) -> Select[GatewayEvent, int, str]:
    return statement.order_by(GatewayEvent.received_at.desc(), GatewayEvent.event_id.desc())


def _row(row: Sequence[Any]) -> Listed:
    event, invoice_id, number = row  # the last two are NULL by the outer join
    return Listed(event, invoice_id, number or "")
