"""First steps: what a new installation needs before it bills, and how each of it really stands."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from paymail.web.http.dependencies import AppDep
from paymail.web.staff.pages import PAGES
from paymail.web.staff.session import Visiting
from paymail.web.staff.start_view import steps_of

router = APIRouter()


@router.get("/start")
def start(app: AppDep, request: Request, visitor: Visiting) -> HTMLResponse:
    """Lead through company, Stripe, mail and the first import."""
    with app.reading() as session:
        steps = steps_of(session, app.settings)
    context = {"visitor": visitor, "steps": steps, "left": sum(not one.done for one in steps)}
    return PAGES.TemplateResponse(request, "start.html", context)
