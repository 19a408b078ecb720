"""The page of events from Stripe, and the button that has one worked on again."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Path, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from fastapi.templating import Jinja2Templates
from sqlalchemy.orm import Session

from paymail.models import GatewayEventState
from paymail.services.access.staff import Visitor
from paymail.services.payments import gateway_events
from paymail.services.payments.gateway_events import EventFilter
from paymail.web.staff.form_actions import Refusal, StaffForm, Text, act
from paymail.web.staff.session import Person
from paymail.wiring import App

_PAGE = Query(1, ge=1, le=1_000_000)
_ROW = Query(ge=1, le=2**63 - 1)
EventId = Annotated[str, Path(pattern=r"^[A-Za-z0-9_.]{1,80}$")]


def router(app: App, pages: Jinja2Templates, person: Person) -> APIRouter:
    """Return the pages of events."""
    routes = APIRouter(prefix="/events")
    Visiting = Annotated[Visitor, Depends(person)]

    def shown(
        request: Request,
        visitor: Visitor,
        given: dict[str, object],
        page: int = 1,
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
            found = gateway_events.listed(session, wanted=wanted, page=page)
        context = {
            "visitor": visitor,
            "found": found,
            "given": given,
            "states": list(GatewayEventState),
            "happened_at": gateway_events.happened_at,
            "refusal": refusal,
        }
        return pages.TemplateResponse(request, "events.html", context, refusal.status if refusal else 200)

    @routes.get("")
    def list_(
        request: Request,
        visitor: Visiting,
        state: Annotated[Text, Query()] = "",
        type_: Annotated[Text, Query(alias="type")] = "",
        intent: Annotated[Text, Query()] = "",
        invoice: Annotated[int | None, _ROW] = None,
        page: int = _PAGE,
    ) -> HTMLResponse:
        known = state if state in set(GatewayEventState) else ""
        given = {"state": known, "type": type_[:80], "intent": intent[:80], "invoice": invoice}
        return shown(request, visitor, {name: value for name, value in given.items() if value}, page)

    @routes.post("/{event_id}/reprocess")
    def reprocess(
        request: Request, visitor: Visiting, event_id: EventId, form: Annotated[StaffForm, Form()]
    ) -> Response:
        def do(session: Session, now: datetime) -> None:
            gateway_events.reprocess(session, event_id=event_id, actor=visitor.email, now=now)

        if refusal := act(app, visitor, form, do):
            return shown(request, visitor, {}, refusal=refusal)
        app.doorbell.ring_event(event_id)
        return RedirectResponse("/staff/events", 303)

    return routes
