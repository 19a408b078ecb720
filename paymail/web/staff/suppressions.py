"""Addresses that must not be mailed: the list, adding one, and lifting one with a reason."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from fastapi.templating import Jinja2Templates

from paymail.errors import InvalidInput, NotFound
from paymail.services import bounces
from paymail.services.access import staff
from paymail.services.access.staff import Visitor
from paymail.services.customers import addresses
from paymail.services.outbox import suppressions
from paymail.web.staff.session import Person
from paymail.wiring import App

Text = Annotated[str, Form(max_length=500)]


def router(app: App, pages: Jinja2Templates, person: Person) -> APIRouter:
    """Return the suppressions page."""
    routes = APIRouter(prefix="/suppressions")
    Visiting = Annotated[Visitor, Depends(person)]

    def shown(request: Request, visitor: Visitor, problem: str = "", status: int = 200) -> HTMLResponse:
        with app.reading() as session:
            context = {
                "visitor": visitor,
                "active": suppressions.listed(session),
                "lifted": [s for s in suppressions.listed(session, lifted=True) if s.lifted_at][:50],
                "bounces": bounces.listed(session, limit=50),
                "problem": problem,
            }
        return pages.TemplateResponse(request, "suppressions.html", context, status)

    @routes.get("")
    def page(request: Request, visitor: Visiting) -> HTMLResponse:
        return shown(request, visitor)

    @routes.post("")
    def add(
        request: Request, visitor: Visiting, csrf: Annotated[str, Form()], address: Text, why: Text = ""
    ) -> Response:
        staff.check_csrf(visitor, csrf)
        try:
            with app.transaction() as session:
                addresses.suppress(session, address=address, actor=visitor.email, now=app.now(), why=why)
        except InvalidInput as error:
            return shown(request, visitor, str(error), 422)
        return RedirectResponse("/staff/suppressions", 303)

    @routes.post("/lift")
    def lift(
        request: Request, visitor: Visiting, csrf: Annotated[str, Form()], address: Text, reason: Text = ""
    ) -> Response:
        staff.check_csrf(visitor, csrf)
        try:
            with app.transaction() as session:
                addresses.readmit(session, address=address, reason=reason, actor=visitor.email, now=app.now())
        except (InvalidInput, NotFound) as error:
            return shown(request, visitor, str(error), 422 if isinstance(error, InvalidInput) else 404)
        return RedirectResponse("/staff/suppressions", 303)

    return routes
