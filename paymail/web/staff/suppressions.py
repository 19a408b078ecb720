"""Addresses that must not be mailed: the list, adding one, and lifting one with a reason."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from paymail.errors import InvalidInput, NotFound
from paymail.services import bounces
from paymail.services.access import staff
from paymail.services.access.staff import Visitor
from paymail.services.customers import addresses
from paymail.services.outbox import suppressions
from paymail.web.http.dependencies import AppDep
from paymail.web.http.inputs import FormText
from paymail.web.staff.pages import PAGES
from paymail.web.staff.session import Visiting
from paymail.wiring import App

router = APIRouter(prefix="/suppressions")

Text = Annotated[FormText, Form(max_length=500)]


def _shown(
    app: App, request: Request, visitor: Visitor, problem: str = "", status: int = 200
) -> HTMLResponse:
    with app.reading() as session:
        context = {
            "visitor": visitor,
            "active": suppressions.listed(session),
            "lifted": [s for s in suppressions.listed(session, lifted=True) if s.lifted_at][:50],
            "bounces": bounces.listed(session, limit=50),
            "problem": problem,
        }
    return PAGES.TemplateResponse(request, "suppressions.html", context, status)


@router.get("")
def page(app: AppDep, request: Request, visitor: Visiting) -> HTMLResponse:
    """Show the addresses and the latest bounces."""
    return _shown(app, request, visitor)


@router.post("")
def add(
    app: AppDep,
    request: Request,
    visitor: Visiting,
    csrf: FormText,
    address: Text,
    why: Text = "",
) -> Response:
    """Let no mail go to an address."""
    staff.check_csrf(visitor, csrf)
    try:
        with app.transaction() as session:
            addresses.suppress(session, address=address, actor=visitor.email, now=app.now(), why=why)
    except InvalidInput as error:
        return _shown(app, request, visitor, str(error), 422)
    return RedirectResponse("/staff/suppressions", 303)


@router.post("/lift")
def lift(
    app: AppDep,
    request: Request,
    visitor: Visiting,
    csrf: FormText,
    address: Text,
    reason: Text = "",
) -> Response:
    """Let mail go to an address again."""
    staff.check_csrf(visitor, csrf)
    try:
        with app.transaction() as session:
            addresses.readmit(session, address=address, reason=reason, actor=visitor.email, now=app.now())
    except (InvalidInput, NotFound) as error:
        return _shown(app, request, visitor, str(error), 422 if isinstance(error, InvalidInput) else 404)
    return RedirectResponse("/staff/suppressions", 303)
