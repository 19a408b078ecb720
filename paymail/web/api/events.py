"""Events from Stripe: what came in, what became of it, and working on it again."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query
from pydantic import BaseModel, Field

from paymail.models import GatewayEventState
from paymail.services.access.api_keys import Holder, KeyScope
from paymail.services.payments import gateway_events
from paymail.services.payments.gateway_events import EventFilter, Listed
from paymail.web.api.access import Access
from paymail.web.schemas.pages import LARGEST_ID, PROBLEMS, Limit
from paymail.wiring import App

_WORD = r"^[A-Za-z0-9_.]{1,80}$"
EventId = Annotated[str, Path(pattern=_WORD, description="Stripe's `evt_…`.")]
Word = Annotated[str | None, Query(pattern=_WORD)]


class EventRow(BaseModel):
    """An event as it came in from Stripe."""

    event_id: str
    type: str
    account: str
    intent_id: str = Field(description="The payment that it is about; empty: none.")
    invoice_id: int | None = Field(description="The invoice of that payment; null: none of ours.")
    state: GatewayEventState
    reason: str = Field(description="What became of it.")
    attempts: int
    next_at: datetime = Field(description="When a received one is tried next.")
    created_at: datetime = Field(description="When it happened, by Stripe's clock.")
    received_at: datetime

    @classmethod
    def of(cls, row: Listed) -> "EventRow":
        """Return what a row says."""
        event = row.event
        return cls(
            event_id=event.event_id,
            type=event.type,
            account=event.account,
            intent_id=event.intent_id,
            invoice_id=row.invoice_id,
            state=event.state,
            reason=event.reason,
            attempts=event.attempts,
            next_at=event.next_at,
            created_at=gateway_events.happened_at(event),
            received_at=event.received_at,
        )


class EventRows(BaseModel):
    """Events, the latest received first."""

    data: list[EventRow]
    next: str | None = Field(description="Give it as `after` for those that follow; null: there are none.")


def wanted(
    state: GatewayEventState | None = None,
    type_: Annotated[str | None, Query(alias="type", pattern=_WORD)] = None,
    intent: Word = None,
    invoice: Annotated[int | None, Query(ge=1, le=LARGEST_ID, description="Of one invoice.")] = None,
) -> EventFilter:
    """Read the filter from the query."""
    return EventFilter(state, type_ or "", intent or "", invoice)


def router(app: App, access: Access) -> APIRouter:
    """Return the routes of events."""
    routes = APIRouter(prefix="/api/v1/events", tags=["events"])
    Reader = Annotated[Holder, Depends(access.needs(KeyScope.READ))]
    Writer = Annotated[Holder, Depends(access.needs(KeyScope.WRITE))]

    def detail(event_id: str) -> EventRow:
        with app.reading() as session:
            return EventRow.of(gateway_events.one(session, event_id=event_id))

    @routes.get("", responses=PROBLEMS)
    def list_events(
        _holder: Reader,
        asked: Annotated[EventFilter, Depends(wanted)],
        limit: Limit = 50,
        after: Annotated[str | None, Query(pattern=_WORD, description="`next` of the answer before.")] = None,
    ) -> EventRows:
        """List events, the latest received first; an unknown `after` is a 404. Scope: read."""
        with app.reading() as session:
            rows, following = gateway_events.slice_of(session, wanted=asked, limit=limit, after=after or "")
            return EventRows(data=[EventRow.of(row) for row in rows], next=following)

    @routes.get("/{event_id}", responses=PROBLEMS)
    def get_event(_holder: Reader, event_id: EventId) -> EventRow:
        """Show one event. Scope: read."""
        return detail(event_id)

    @routes.post("/{event_id}/reprocess", responses=PROBLEMS)
    def reprocess_event(holder: Writer, event_id: EventId) -> EventRow:
        """Have an event worked on again; safe for one that is done. Scope: write."""
        with app.transaction() as session:
            gateway_events.reprocess(session, event_id=event_id, actor=holder.actor, now=app.now())
        app.doorbell.ring_event(event_id)
        return detail(event_id)

    return routes
