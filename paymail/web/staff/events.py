"""The page of events from Stripe, and the button that has one worked on again."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Form, Path, Query, Request
from fastapi.responses import HTMLResponse, Response
from sqlalchemy.orm import Session

from paymail.models import GatewayEventState
from paymail.services.access.staff import Visitor
from paymail.services.payments import gateway_events
from paymail.services.payments.gateway_events import EventFilter
from paymail.web.http.dependencies import AppDep
from paymail.web.http.inputs import OptionalRowId
from paymail.web.staff import flash
from paymail.web.staff.form_actions import Refusal, StaffForm, Text, act
from paymail.web.staff.pages import PAGES
from paymail.web.staff.session import Visiting
from paymail.wiring import App

router = APIRouter(prefix="/events")

PAGE = 50
EVENT_ID = r"^[A-Za-z0-9_.]{1,80}$"
EventId = Annotated[str, Path(pattern=EVENT_ID)]


def _shown(
    app: App,
    request: Request,
    visitor: Visitor,
    given: dict[str, object],
    after: str = "",
    refusal: Refusal | None = None,
) -> HTMLResponse:
    state = GatewayEventState(str(given["state"])) if given.get("state") else None
    invoice = given.get("invoice")
    wanted = EventFilter(
        state,
        str(given.get("type", "")),
        str(given.get("intent", "")),
        invoice if isinstance(invoice, int) else None,
    )
    with app.reading() as session:
        rows, older = gateway_events.slice_of(session, wanted=wanted, limit=PAGE, after=after)
    context = {
        "visitor": visitor,
        "rows": rows,
        "after": after,
        "older": older,
        "given": given,
        "states": list(GatewayEventState),
        "happened_at": gateway_events.happened_at,
        "refusal": refusal,
        "flash": "" if refusal else flash.said(request),
    }
    return PAGES.TemplateResponse(request, "events.html", context, refusal.status if refusal else 200)


@router.get("")
def list_(
    app: AppDep,
    request: Request,
    visitor: Visiting,
    state: Annotated[Text, Query()] = "",
    type_: Annotated[Text, Query(alias="type")] = "",
    intent: Annotated[Text, Query()] = "",
    invoice: OptionalRowId = None,
    after: Annotated[str, Query(pattern=EVENT_ID)] = "",
) -> HTMLResponse:
    """List events by filter: those before the event `after`, else the newest. An unknown one is a 404."""
    known = state if state in set(GatewayEventState) else ""
    given = {"state": known, "type": type_[:80], "intent": intent[:80], "invoice": invoice}
    return _shown(app, request, visitor, {name: value for name, value in given.items() if value}, after)


@router.post("/{event_id}/reprocess")
def reprocess(
    app: AppDep, request: Request, visitor: Visiting, event_id: EventId, form: Annotated[StaffForm, Form()]
) -> Response:
    """Have an event worked on again."""

    def do(session: Session, now: datetime) -> None:
        gateway_events.reprocess(session, event_id=event_id, actor=visitor.email, now=now)

    if refusal := act(app, visitor, form, do):
        return _shown(app, request, visitor, {}, refusal=refusal)
    app.doorbell.ring_event(event_id)
    return flash.back_to("/staff/events", "reprocess")
