"""The page that says whether the books and Stripe agree, and in what they do not."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse
from fastapi.templating import Jinja2Templates

from paymail.services.access.staff import Visitor
from paymail.services.reconciliation import drift_store, turns
from paymail.services.reconciliation.examination import number_of
from paymail.web.staff.session import Person
from paymail.wiring import App


def router(app: App, pages: Jinja2Templates, person: Person) -> APIRouter:
    """Return the page of the reconciler."""
    routes = APIRouter()
    Visiting = Annotated[Visitor, Depends(person)]

    @routes.get("/reconciliation")
    def page(request: Request, visitor: Visiting) -> HTMLResponse:
        with app.reading() as session:
            drifts, gone = drift_store.open_drifts(session), drift_store.gone_drifts(session)
            context = {
                "visitor": visitor,
                "turns": [turns.last(session, job=job) for job in (turns.SETTLE, turns.COMPARE)],
                "drifts": drifts,
                "gone": gone,
                "here": drift_store.invoices_here(session, rows=[*drifts, *gone]),
                "number_of": number_of,
                "minutes": app.settings.reconcile_minutes,
            }
        return pages.TemplateResponse(request, "reconciliation.html", context)

    return routes
