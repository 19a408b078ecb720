"""The page that says whether the books and Stripe agree, and in what they do not."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from paymail.services.reconciliation import drift_store, turns
from paymail.services.reconciliation.examination import number_of
from paymail.web.http.dependencies import AppDep
from paymail.web.staff.pages import PAGES
from paymail.web.staff.session import Visiting

router = APIRouter()


@router.get("/reconciliation")
def page(app: AppDep, request: Request, visitor: Visiting) -> HTMLResponse:
    """Show the last runs, and what differs."""
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
    return PAGES.TemplateResponse(request, "reconciliation.html", context)
