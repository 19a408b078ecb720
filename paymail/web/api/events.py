"""Events from Stripe: what came in, what became of it, and working on it again."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query

from paymail.models import GatewayEventState
from paymail.services.payments import gateway_events
from paymail.services.payments.gateway_events import EventFilter
from paymail.web.api.access import Reader, Writer
from paymail.web.http.dependencies import AppDep
from paymail.web.http.inputs import LARGEST_ID, Limit
from paymail.web.http.openapi import PROBLEMS
from paymail.web.schemas.events import EventRow, EventRows
from paymail.wiring import App

router = APIRouter(prefix="/api/v1/events", tags=["events"])

_WORD = r"^[A-Za-z0-9_.]{1,80}$"
EventId = Annotated[str, Path(pattern=_WORD, description="Stripe's `evt_…`.")]
Word = Annotated[str | None, Query(pattern=_WORD)]


def wanted(
    state: GatewayEventState | None = None,
    type_: Annotated[str | None, Query(alias="type", pattern=_WORD)] = None,
    intent: Word = None,
    invoice: Annotated[
        int | None, Query(ge=1, le=LARGEST_ID, description="Only events for this invoice.")
    ] = None,
) -> EventFilter:
    """Read the filter from the query."""
    return EventFilter(state, type_ or "", intent or "", invoice)


def _detail(app: App, event_id: str) -> EventRow:
    with app.reading() as session:
        return EventRow.of(gateway_events.one(session, event_id=event_id))


@router.get("", responses=PROBLEMS)
def list_events(
    app: AppDep,
    _holder: Reader,
    asked: Annotated[EventFilter, Depends(wanted)],
    limit: Limit = 50,
    after: Annotated[
        str | None, Query(pattern=_WORD, description="`next` from the previous response.")
    ] = None,
) -> EventRows:
    """List events, most recently received first; an unknown `after` is a 404. Scope: read."""
    with app.reading() as session:
        rows, following = gateway_events.slice_of(session, wanted=asked, limit=limit, after=after or "")
        return EventRows.of(rows, following)


@router.get("/{event_id}", responses=PROBLEMS)
def get_event(app: AppDep, _holder: Reader, event_id: EventId) -> EventRow:
    """Show one event. Scope: read."""
    return _detail(app, event_id)


@router.post("/{event_id}/reprocess", responses=PROBLEMS)
def reprocess_event(app: AppDep, holder: Writer, event_id: EventId) -> EventRow:
    """Process an event again; safe if it is already done. Scope: write."""
    with app.transaction() as session:
        gateway_events.reprocess(session, event_id=event_id, actor=holder.actor, now=app.now())
    app.doorbell.ring_event(event_id)
    return _detail(app, event_id)
